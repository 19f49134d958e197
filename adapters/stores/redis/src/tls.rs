//! TLS to the engine.

use std::fmt;

use redis::{Client, ClientTlsConfig, ConnectionInfo, RedisResult, TlsCertificates};

use crate::settings::WrongSettings;

/// By what the engine and this server know each other. By default, the engine's certificates are checked
/// against the authorities that the system trusts, and this server shows none.
#[derive(Clone, Default)]
pub struct Tls {
    authorities: Option<Vec<u8>>,
    own: Option<ClientTlsConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Trusts the authorities of these certificates, in PEM, and no others.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn trust(&mut self, certificates: &[u8]) -> Result<(), WrongSettings> {
        self.authorities = Some(certificates.to_vec());
        self.check(certificates, "CERTIFICATE")
    }

    /// Shows the engine this certificate, with those of its authorities, and proves it by its key, all in PEM.
    ///
    /// # Errors
    ///
    /// If either is missing.
    pub fn show(&mut self, certificate: &[u8], key: &[u8]) -> Result<(), WrongSettings> {
        self.own =
            Some(ClientTlsConfig { client_cert: certificate.to_vec(), client_key: key.to_vec() });
        self.check(certificate, "CERTIFICATE")?;
        self.check(key, "PRIVATE KEY")
    }

    /// Checks what is easily mistaken, a file for another, and then all of it.
    fn check(&self, pem: &[u8], what: &str) -> Result<(), WrongSettings> {
        let text = String::from_utf8_lossy(pem);
        if !text.contains(&format!("{what}-----")) {
            return Err(WrongSettings(format!("it has no {} in PEM", what.to_lowercase())));
        }
        let probe = redis::ConnectionAddr::TcpTls {
            host: "localhost".to_owned(),
            port: 1,
            insecure: false,
            tls_params: None,
        };
        let client = redis::IntoConnectionInfo::into_connection_info(probe)
            .and_then(|info| self.client(info));
        client.map(|_| ()).map_err(|error| WrongSettings(error.to_string()))
    }

    pub(crate) fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        let certificates =
            TlsCertificates { client_tls: self.own.clone(), root_cert: self.authorities.clone() };
        Client::build_with_tls(info, certificates)
    }
}
