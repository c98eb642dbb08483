using System.Security.Cryptography;
using CrunSharp.Oci;

namespace CrunSharp.Registry;

/// <summary>Whether bytes are what a digest names.</summary>
internal static class Proof
{
    public static Digest Sha256(ReadOnlySpan<byte> bytes) => Digest.Parse($"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}");

    public static bool Fits(Digest digest, ReadOnlySpan<byte> bytes) => digest.Algorithm switch
    {
        "sha256" => digest == Sha256(bytes),
        "sha512" => digest.Hex == Convert.ToHexStringLower(SHA512.HashData(bytes)),
        _ => false,
    };
}
