"""Which conversation does each packet belong to, and in which order do its bytes come?

`table` gives every packet a flow and keeps only what a handshake needs (its rules are the kernels of `tracking`);
`streams` puts one direction's bytes in order. What leaves this room is a `flow.Flow`: one TCP connection with both
streams and its milestones, when it has ended or the capture has.
"""
