//! A server's certificate that is not trusted: why, and what would be right.

use std::borrow::Cow;

use rustls::{CertificateError, Error};

/// Why the certificate of a server is not trusted, where that is what failed.
pub(crate) fn refused(error: &ureq::Error) -> Option<&CertificateError> {
    let error = match error {
        ureq::Error::Rustls(error) => error,
        // A handshake that fails is told as an error of the connection.
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref::<Error>()?,
        _ => return None,
    };
    match error {
        Error::InvalidCertificate(why) => Some(why),
        _ => None,
    }
}

/// The reason in words.
pub(crate) fn reason(why: &CertificateError) -> Cow<'static, str> {
    match why {
        // The second: of an authority that has the name of a known one, and another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no authority that is trusted here has signed its certificate".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not good yet".into()
        }
        CertificateError::NotValidForName => "its certificate is for another name".into(),
        _ if is_authority(why) => "its certificate is that of an authority, not of a server".into(),
        // The names that it is for are in the words of rustls.
        other => format!("its certificate is not trusted: {other}").into(),
    }
}

/// What would be right.
pub(crate) fn advice(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "give the authority that has signed it, as a PEM file, with --ca"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "renew it on the server, and check this machine's clock"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "check this machine's clock"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "ask for the server by a name that its certificate is for"
        }
        _ if is_authority(why) => {
            "give the server one that an authority has signed, or one of its own without CA:TRUE"
        }
        _ => "check the certificate of the server",
    }
}

/// What `openssl req -x509` makes where nobody says otherwise.
fn is_authority(why: &CertificateError) -> bool {
    why.to_string().contains("CaUsedAsEndEntity")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_words_and_its_own_advice() {
        for (why, reason_word, advice_word) in [
            (CertificateError::UnknownIssuer, "authority", "--ca"),
            (CertificateError::Expired, "expired", "renew"),
            (CertificateError::NotValidYet, "not good yet", "clock"),
            (CertificateError::NotValidForName, "another name", "name"),
            (CertificateError::BadEncoding, "not trusted", "check"),
        ] {
            assert!(reason(&why).contains(reason_word), "{why:?}");
            assert!(advice(&why).contains(advice_word), "{why:?}");
        }
    }

    #[test]
    fn a_connection_that_speaks_no_tls_is_no_matter_of_the_certificate() {
        let of_tls = |error: Error| {
            ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::InvalidData, error))
        };
        assert!(refused(&of_tls(CertificateError::Expired.into())).is_some());
        assert!(refused(&of_tls(Error::HandshakeNotComplete)).is_none());
        assert!(refused(&ureq::Error::HostNotFound).is_none());
    }
}
