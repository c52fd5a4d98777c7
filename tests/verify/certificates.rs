//! Certificates that are made for a test, and the settings of TLS servers and clients that have them.

use std::{
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    sync::Arc,
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::parts::Folder;

const NEW: &str = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// A directory of certificates (`NAME.pem`) and keys (`NAME.key`).
pub(crate) struct Certificates(Folder);

impl Certificates {
    /// `ca` and what it signed, `server` (of 127.0.0.1) and `client`; and two that signed themselves and are authorities
    /// (`CA:TRUE`), which `openssl req -x509` makes: `own` (of 127.0.0.1) and `named` (of other.test).
    pub(crate) fn new() -> Self {
        let all = Self(Folder::new("certificates"));
        all.write("names", "subjectAltName=IP:127.0.0.1");
        let own = format!("{NEW} -x509 -days 2");
        all.openssl(&format!("{own} -subj /CN=ca -keyout ca.key -out ca.pem"));
        for (name, of) in [("own", "IP:127.0.0.1"), ("named", "DNS:other.test")] {
            all.openssl(&format!(
                "{own} -subj /CN={name} -addext subjectAltName={of} -keyout {name}.key -out {name}.pem"
            ));
        }
        for name in ["server", "client"] {
            all.openssl(&format!(
                "{NEW} -subj /CN={name} -keyout {name}.key -out {name}.csr"
            ));
            all.openssl(&format!(
                "x509 -req -days 2 -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out {name}.pem"
            ));
        }
        all
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let command = command
            .args(arguments.split(' '))
            .current_dir(self.0.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments}: {output:?}");
    }

    /// Writes a file beside them; its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn read(&self, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let path = |kind| self.path(&format!("{name}.{kind}"));
        let certificates = CertificateDer::pem_file_iter(path("pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(path("key")).unwrap();
        (certificates.map(Result::unwrap).collect(), key)
    }

    /// A server with this certificate.
    pub(crate) fn server(&self, name: &str) -> Arc<ServerConfig> {
        let (certificates, key) = self.read(name);
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_no_client_auth();
        Arc::new(builder.with_single_cert(certificates, key).unwrap())
    }

    /// The start of the answer to a GET of a client with its certificate, which trusts `ca`.
    pub(crate) fn get(&self, address: SocketAddr, path: &str, more: &str) -> io::Result<String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.read("ca").0);
        let (certificates, key) = self.read("client");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        let config = builder.with_client_auth_cert(certificates, key).unwrap();
        let name = address.ip().into();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
        write!(stream, "GET {path} HTTP/1.0\r\n{more}\r\n\r\n")?;
        let mut start = [0; 64];
        let count = stream.read(&mut start)?;
        Ok(String::from_utf8_lossy(&start[..count]).into_owned())
    }
}
