"""What do the bytes say? Records, handshake messages and alerts, from SSL 2.0 to TLS 1.3.

Finding boundaries and understanding contents never mix. `records` cuts a stream into records and
joins handshake messages; `messages` turns the body of one message into a value, with one module for
each kind of message. All of them read through `reader` and name numbers by `codes`. This room knows
bytes and nothing else: no files, no numpy, no pandas.

Sections of TLS 1.3 are cited as RFC 8446 numbers them, as every other document does; RFC 9846, which
replaced it in 2026, renumbered its section 4.
"""
