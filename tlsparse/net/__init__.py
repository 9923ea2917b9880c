"""Who sent each packet, and where is its payload?

Link layers, IP and the transport headers, tunnels of any depth among them, found by kernels that walk over one
block's buffer and write one row of `packets.Packets` for each packet. Nothing is copied here: a payload is an offset
and a length in the block. Only a packet that came in IP fragments gets bytes of its own, in `fragments`; and what the
capture shows twice is marked by `copies`.
"""
