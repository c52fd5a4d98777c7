//! TLS of one destination: whom the client trusts, and its own certificate.

use std::sync::Arc;

use rustls::{
    ClientConfig, DEFAULT_VERSIONS, RootCertStore, SupportedProtocolVersion,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    sign::{CertifiedKey, SingleCertAndKey},
};
use rustls_platform_verifier::Verifier as SystemVerifier;

use super::verifier::{Pinned, Verifier};

/// Everything that differs from the usual: the system's authorities, and no client certificate.
#[derive(Clone, Default)]
pub struct Tls {
    pub authorities: Authorities,
    pub identity: Option<Identity>,
    /// The name that the server's certificate must have, if not that of the URL.
    pub server_name: Option<ServerName<'static>>,
    /// `None` is every one that is supported.
    pub versions: Option<Vec<&'static SupportedProtocolVersion>>,
}

/// Whose certificates are trusted.
#[derive(Clone, Default, PartialEq)]
pub enum Authorities {
    #[default]
    System,
    /// The system's, and these.
    And(Vec<CertificateDer<'static>>),
    /// These, and not the system's.
    Only(Vec<CertificateDer<'static>>),
}

/// The client's certificate, with those of its authorities, and its key.
#[derive(Clone)]
pub struct Identity(Arc<SingleCertAndKey>);

impl Identity {
    /// Reads both, which must belong together.
    pub fn read(certificate: &[u8], key: &[u8]) -> Result<Self, String> {
        let certificates = certificates(certificate)
            .map_err(|reason| format!("the client's certificate: {reason}"))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| "the client's key: no key in PEM without a passphrase was found")?;
        let both = CertifiedKey::from_der(certificates, key, &ring::default_provider());
        let both = both.map_err(|error| format!("the client's certificate and key: {error}"))?;
        Ok(Self(Arc::new(both.into())))
    }
}

impl Tls {
    /// Whether nothing differs.
    pub fn is_usual(&self) -> bool {
        self.authorities == Authorities::System
            && self.identity.is_none()
            && self.server_name.is_none()
            && self.versions.is_none()
    }

    /// The settings of the library; `None` where they are the usual ones.
    pub fn config(&self) -> Result<Option<ClientConfig>, String> {
        if self.is_usual() {
            return Ok(None);
        }
        let provider = Arc::new(ring::default_provider());
        let versions = self.versions.as_deref().unwrap_or(DEFAULT_VERSIONS);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(versions);
        let builder = builder.map_err(|error| error.to_string())?;
        let builder = builder
            .dangerous() // the name of the builder's method; see `Verifier`
            .with_custom_certificate_verifier(Arc::new(self.verifier(&provider)?));
        Ok(Some(match &self.identity {
            None => builder.with_no_client_auth(),
            Some(Identity(own)) => builder.with_client_cert_resolver(Arc::clone(own) as _),
        }))
    }

    /// Who decides about the server's certificate.
    pub fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Verifier, String> {
        let pinned = match &self.authorities {
            Authorities::System => None,
            Authorities::And(own) | Authorities::Only(own) => Some(pinned(own, provider)?),
        };
        let usual: Arc<dyn ServerCertVerifier> = match (&self.authorities, &pinned) {
            (Authorities::Only(_), Some(pinned)) => pinned.verifier(),
            (Authorities::And(own), _) => Arc::new(system(own.clone(), provider)?),
            _ => Arc::new(system(Vec::new(), provider)?),
        };
        Ok(Verifier {
            usual,
            pinned,
            name: self.server_name.clone(),
        })
    }
}

/// The system's authorities, and these.
fn system(
    own: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<SystemVerifier, String> {
    let verifier = SystemVerifier::new_with_extra_roots(own, Arc::clone(provider));
    verifier.map_err(|error| format!("the authorities that are trusted: {error}"))
}

fn pinned(
    own: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Pinned, String> {
    let mut roots = RootCertStore::empty();
    for certificate in own {
        let added = roots.add(certificate.clone());
        added.map_err(|error| format!("a certificate of the authorities: {error}"))?;
    }
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let verifier = verifier.build().map_err(|error| error.to_string())?;
    Ok(Pinned::new(own.to_vec(), verifier))
}

/// The certificates in PEM; at least one.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|_| "a certificate in it is not valid PEM")?;
    if found.is_empty() {
        return Err("it contains no certificate; expected PEM".to_owned());
    }
    Ok(found)
}
