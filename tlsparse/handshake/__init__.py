"""What happened, when, and to what end?

`order` reads both sides of a flow into one line of events; `handshake` cuts that line into handshakes; `outcome` says
how each ended and where it broke; `inference` says what can be known of encrypted records.
"""
