using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace CrunSharp.Oci;

/// <summary>The name of a container; it is also the name of its directory, so it is checked when made.</summary>
public sealed record ContainerId
{
    private const int Longest = 1024;

    private static readonly SearchValues<char> s_allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-.");

    private ContainerId(string value) => Value = value;

    public string Value { get; }

    /// <exception cref="CrunException">The text could not name a directory safely.</exception>
    public static ContainerId Parse(string text) =>
        TryParse(text, out ContainerId? id)
            ? id
            : throw new CrunException("invalid container ID format", $"'{text}' is not letters, digits, '_', '+', '-' and '.', the first no '.'");

    public static bool TryParse(string text, [NotNullWhen(true)] out ContainerId? id)
    {
        bool safe = text.Length is > 0 and <= Longest && text[0] != '.' && !text.AsSpan().ContainsAnyExcept(s_allowed);
        id = safe ? new ContainerId(text) : null;
        return safe;
    }

    public override string ToString() => Value;
}
