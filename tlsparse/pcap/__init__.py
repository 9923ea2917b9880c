"""Where is each packet? The bytes of a capture go in, blocks of packets come out.

`source` opens whatever holds a capture and says what it is, `compression` unpacks it on the way,
`window` keeps the stretch that is in memory, `files` (classic pcap) and `pcapng` find the packets
in it, and `block` is the shape in which they leave: columns over one buffer, never an object for
each packet. A capture of any size is read in the memory of one chunk. A damaged capture gives what
could be read, then one problem. The way in is `source.read_blocks`.
"""
