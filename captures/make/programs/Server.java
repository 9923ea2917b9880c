import java.io.FileInputStream;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** A server of JSSE with one page: {@code Server.java STORE.P12 VERSION}. */
public class Server {
    public static void main(String[] arguments) throws Exception {
        char[] password = "password".toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(arguments[0])) {
            store.load(file, password);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);

        SSLServerSocket listener =
                (SSLServerSocket) context.getServerSocketFactory().createServerSocket(443);
        listener.setEnabledProtocols(new String[] {arguments[1]});
        while (true) {
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                socket.getInputStream().read(new byte[1000]);
                socket.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\n<p>It works.</p>\n".getBytes());
            } catch (java.io.IOException refused) {
                System.err.println(refused.getMessage());
            }
        }
    }
}
