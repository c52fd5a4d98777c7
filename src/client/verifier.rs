//! Whether a server's certificate is trusted. Two things are added to the usual rules: the name may be another one than
//! that of the URL, and a certificate that the user trusts as such (one in the file of authorities) may be the server's
//! own, also where it is an authority (`CA:TRUE`, as `openssl req -x509` makes it) or has an unknown issuer.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

/// The rules of one destination.
#[derive(Debug)]
pub struct Verifier {
    pub usual: Arc<dyn ServerCertVerifier>,
    pub pinned: Option<Pinned>,
    pub name: Option<ServerName<'static>>,
}

/// Certificates that are trusted as such.
#[derive(Debug)]
pub struct Pinned {
    certificates: Vec<CertificateDer<'static>>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl Pinned {
    /// `verifier` trusts these, and no others.
    pub fn new(
        certificates: Vec<CertificateDer<'static>>,
        verifier: Arc<WebPkiServerVerifier>,
    ) -> Self {
        Self {
            certificates,
            verifier,
        }
    }

    /// The usual rules, with these as the authorities.
    pub fn verifier(&self) -> Arc<WebPkiServerVerifier> {
        Arc::clone(&self.verifier)
    }

    fn contains(&self, certificate: &CertificateDer<'_>) -> bool {
        self.certificates.iter().any(|own| own == certificate)
    }

    /// Validity and name are still checked: webpki checks the validity first, and these two errors only after it.
    fn verify(
        &self,
        own: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.verifier.verify_server_cert(own, &[], name, &[], now) {
            Err(Error::InvalidCertificate(error)) if is_about_the_issuer(&error) => {
                verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }
}

fn is_about_the_issuer(error: &CertificateError) -> bool {
    match error {
        CertificateError::UnknownIssuer => true,
        CertificateError::Other(OtherError(cause)) => {
            cause.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
        }
        _ => false,
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let name = self.name.as_ref().unwrap_or(server_name);
        match &self.pinned {
            Some(pinned) if pinned.contains(end_entity) => pinned.verify(end_entity, name, now),
            _ => self
                .usual
                .verify_server_cert(end_entity, intermediates, name, ocsp_response, now),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::tls::{Authorities, Tls, certificates};

    /// `openssl req -x509`: an authority (`CA:TRUE`) that signed itself, of own.test; from 2026 for a century.
    const OWN: &str = "\
-----BEGIN CERTIFICATE-----
MIIBhzCCAS6gAwIBAgIUTTQRsNpOc0reyZy0ggcltnx3qYwwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDb3duMCAXDTI2MTEyNjExMDczMloYDzIxMjYxMTAyMTEwNzMy
WjAOMQwwCgYDVQQDDANvd24wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS4ibCE
R4hM8OfQGNKSOv6BIyYs4MOdfdhTP46MO4zOpYkUhw17UVTrd6QZrHbu19WMuofC
TvnHgP4LGTIf2mQIo2gwZjAdBgNVHQ4EFgQUAFzHs9p2lVF6qFKAo1muypC7+oQw
HwYDVR0jBBgwFoAUAFzHs9p2lVF6qFKAo1muypC7+oQwDwYDVR0TAQH/BAUwAwEB
/zATBgNVHREEDDAKgghvd24udGVzdDAKBggqhkjOPQQDAgNHADBEAiAQFBIe79w1
1/AJWPfty41sFpI+W31sE5jQu7FwCut9yAIgEd6ALCGGfYJWxkJ/k2HwRa91Eud/
Kqsu9KkA8UNQhME=
-----END CERTIFICATE-----
";
    /// The certificate of a server, by an authority that is not known, of own.test; from 2026 for a century.
    const ISSUED: &str = "\
-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIURigkn/NfYLmNJXIpWrDLkJ0hZd0wCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI2MTEwNzMyWhgPMjEyNjExMDIxMTA3MzJa
MBExDzANBgNVBAMMBmlzc3VlZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBQ+
B6g1oYAs1xa3p4LhAf6+/qv9fELlixZ0ZObofUGNqem4ajyQbRrVX8gES5KmInz2
T4DZss3s6knVfzHfUDajVzBVMBMGA1UdEQQMMAqCCG93bi50ZXN0MB0GA1UdDgQW
BBQhhc7GdGvaPZ1075laLhEYcvHyZzAfBgNVHSMEGDAWgBSGpJMnFXA7pA9uySf/
Hj8CckAdSzAKBggqhkjOPQQDAgNHADBEAiA/V4WTLMC7FjLx5ikNJtRfNegpDfYH
TTVgEh58xq9I5AIgbGCDuyWwOhG1EToRpAgraFa5MZg+A5fKQlIVzXa2jfc=
-----END CERTIFICATE-----
";
    /// Within their validity, before it and after it; in years since 1970.
    const VALID: u64 = 60;
    const EARLY: u64 = 50;
    const LATE: u64 = 200;

    /// The verdict on a server with this certificate, where these authorities are trusted.
    fn verdict(trusted: &str, presented: &str, name: &str, year: u64) -> Result<(), Error> {
        let tls = Tls {
            authorities: Authorities::Only(certificates(trusted.as_bytes()).unwrap()),
            ..Tls::default()
        };
        let presented = certificates(presented.as_bytes()).unwrap();
        let name = name.to_owned().try_into().unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_hours(year * 8766));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = tls.verifier(&provider).unwrap();
        let verdict = verifier.verify_server_cert(&presented[0], &[], &name, &[], now);
        verdict.map(|_| ())
    }

    #[test]
    fn a_certificate_that_is_trusted_as_such_may_be_the_servers_own() {
        for own in [OWN, ISSUED] {
            assert_eq!(verdict(own, own, "own.test", VALID), Ok(()));
        }
        assert_eq!(
            verdict(&(ISSUED.to_owned() + OWN), OWN, "own.test", VALID),
            Ok(())
        );
    }

    #[test]
    fn its_name_and_validity_must_fit() {
        for own in [OWN, ISSUED] {
            for (name, year, word) in [
                ("other.test", VALID, "NotValidForName"),
                ("own.test", EARLY, "NotValidYet"),
                ("own.test", LATE, "Expired"),
                ("other.test", LATE, "Expired"),
            ] {
                let error = format!("{:?}", verdict(own, own, name, year).unwrap_err());
                assert!(error.contains(word), "{name}, {year}: {error}");
            }
        }
    }

    #[test]
    fn any_other_certificate_is_refused() {
        for (trusted, presented) in [(OWN, ISSUED), (ISSUED, OWN)] {
            let verdict = verdict(trusted, presented, "own.test", VALID);
            assert!(
                matches!(verdict, Err(Error::InvalidCertificate(_))),
                "{verdict:?}"
            );
        }
    }
}
