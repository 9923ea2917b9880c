"""What did the two sides of a TCP connection say before TLS, or instead of it?

`talk` holds their words in order. Each protocol in which TLS can be asked for has a file of its own that recognises
it by what is said and finds who asked and what was answered; `recognition` has the table of them and yields a
`prelude.Prelude`. `foreign` names what a side spoke instead of TLS, and `tds` unwraps the one protocol that carries
the handshake inside its own packets. This room knows bytes and nothing else: no flows, no files, no numpy.

To add a protocol, copy the file of one that resembles it and add a line to the table.
"""
