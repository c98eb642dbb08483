using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace CrunSharp.Oci;

/// <summary>The name of a blob by its content: <c>sha256:</c> or <c>sha512:</c> and lower-case hex.</summary>
/// <remarks>image-spec 1.1, descriptor.md#digests. Other registered algorithms are refused: nothing uses them.</remarks>
public readonly record struct Digest
{
    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    private Digest(string algorithm, string hex)
    {
        Algorithm = algorithm;
        Hex = hex;
    }

    public string Algorithm { get; }

    public string Hex { get; }

    /// <exception cref="CrunException">The text is not a digest that names a file safely.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out Digest digest)
            ? digest
            : throw new CrunException($"cannot use the digest '{text}'", "it is not sha256: or sha512: and lower-case hex of the right length");

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.IndexOf(':') is var colon && colon < 0)
        {
            return false;
        }

        string algorithm = text[..colon];
        string hex = text[(colon + 1)..];
        int length = algorithm switch { "sha256" => 64, "sha512" => 128, _ => -1 };

        // Upper case names the same bytes but another file: the spec allows lower case only.
        if (hex.Length != length || hex.AsSpan().ContainsAnyExcept(s_hexDigits))
        {
            return false;
        }

        digest = new Digest(algorithm, hex);
        return true;
    }

    public override string ToString() => $"{Algorithm}:{Hex}";
}
