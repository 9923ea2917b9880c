// A client of crypto/tls that asks for one page: client NAME ROOT.PEM LEAST GREATEST.
// Versions are written 12 and 13.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"os"
)

func version(text string) uint16 {
	return map[string]uint16{"12": tls.VersionTLS12, "13": tls.VersionTLS13}[text]
}

func main() {
	name, least, greatest := os.Args[1], version(os.Args[3]), version(os.Args[4])
	root, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	config := &tls.Config{RootCAs: roots, MinVersion: least, MaxVersion: greatest}
	if path := os.Getenv("SSLKEYLOGFILE"); path != "" {
		keys, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			log.Fatal(err)
		}
		config.KeyLogWriter = keys
	}
	connection, err := tls.Dial("tcp", name+":443", config)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(connection, "GET /index.html HTTP/1.0\r\nHost: %s\r\n\r\n", name)
	io.Copy(os.Stdout, connection)
	connection.Close()
}
