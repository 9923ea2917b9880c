// A client of Node's tls module that asks for one page: client.js NAME ROOT.PEM VERSION.
const fs = require("fs");
const tls = require("tls");

const [name, root, version] = process.argv.slice(2);
const socket = tls.connect(
  {
    host: name,
    port: 443,
    servername: name,
    ca: fs.readFileSync(root),
    minVersion: version,
    maxVersion: version,
  },
  () => socket.write(`GET /index.html HTTP/1.0\r\nHost: ${name}\r\n\r\n`),
);
socket.on("data", (data) => process.stdout.write(data));
socket.on("error", (error) => console.error(error.message));
