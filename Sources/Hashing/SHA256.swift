internal import CLibcrypto

/// SHA-256 of `bytes` as 32 bytes.
public func sha256Digest(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256(bytes, bytes.count, &digest)
    return digest
}

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
public func sha256(_ bytes: [UInt8]) -> String {
    sha256Digest(bytes).map { byte in
        let hex = String(byte, radix: 16)
        return byte < 16 ? "0" + hex : hex
    }.joined()
}

/// SHA-256 of the UTF-8 bytes of `text` as 64 lower-case hexadecimal digits.
public func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }
