using System.Security.Cryptography;
using System.Text;
using CrunSharp.Oci;

namespace CrunSharp.Images.Store;

/// <summary>Digests with the algorithm of the digest that is expected.</summary>
internal static class Hashing
{
    public static IncrementalHash Start(Digest expected) =>
        IncrementalHash.CreateHash(expected.Algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    public static Digest Finish(IncrementalHash hash, Digest expected) => From(expected.Algorithm, hash.GetHashAndReset());

    public static Digest Compute(ReadOnlySpan<byte> bytes, Digest like) =>
        From(like.Algorithm, like.Algorithm == "sha512" ? SHA512.HashData(bytes) : SHA256.HashData(bytes));

    /// <summary>The name of a stack of layers: image-spec 1.1, config.md#layer-chainid.</summary>
    public static Digest Chain(Digest below, Digest diffId) =>
        From("sha256", SHA256.HashData(Encoding.ASCII.GetBytes($"{below} {diffId}")));

    private static Digest From(string algorithm, byte[] hash) => Digest.Parse($"{algorithm}:{Convert.ToHexStringLower(hash)}");
}
