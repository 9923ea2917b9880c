import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A client of JSSE that asks for one page: {@code Client.java NAME ROOT.PEM VERSION}. */
public class Client {
    public static void main(String[] arguments) throws Exception {
        String name = arguments[0];
        KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
        roots.load(null, null);
        try (var file = new FileInputStream(arguments[1])) {
            roots.setCertificateEntry(
                    "root", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(roots);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);

        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(name, 443)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setProtocols(new String[] {arguments[2]});
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setServerNames(List.of(new SNIHostName(name)));
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            var request = "GET /index.html HTTP/1.0\r\nHost: " + name + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes());
            socket.getInputStream().readAllBytes();
        }
    }
}
