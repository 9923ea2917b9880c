// A server of crypto/tls that serves one page to each connection: server CERTIFICATE KEY.
package main

import (
	"bufio"
	"crypto/tls"
	"io"
	"log"
	"os"
)

func main() {
	certificate, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := tls.Listen("tcp", ":443", &tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   []string{"http/1.1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		if _, err := bufio.NewReader(connection).ReadString('\n'); err != nil {
			log.Print(err)
		} else {
			io.WriteString(connection, "HTTP/1.0 200 OK\r\n\r\n<p>It works.</p>\n")
		}
		connection.Close()
	}
}
