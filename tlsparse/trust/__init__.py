"""Would a client believe the chain? Certificates judged as they were shown, at the time of the capture.

`chain` builds the path from what was sent to a root and lists every fault of it; `names` and `constraints` know what a
certificate may be used for, `revocation` reads stapled answers, `interception` the issuers that inspect traffic, and
`roots` has the authorities that are trusted. It knows certificates and nothing of handshakes or packets.
"""
