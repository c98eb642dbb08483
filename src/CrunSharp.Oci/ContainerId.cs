using System.Text.RegularExpressions;

namespace CrunSharp.Oci;

/// <summary>The name of a container; it is also the name of its directory, so it is checked when made.</summary>
public sealed partial record ContainerId
{
    private const int Longest = 1024;

    private ContainerId(string value) => Value = value;

    public string Value { get; }

    /// <exception cref="CrunException">The text could not name a directory safely.</exception>
    public static ContainerId Parse(string text) =>
        text.Length <= Longest && Form().IsMatch(text)
            ? new ContainerId(text)
            : throw new CrunException("invalid container ID format", $"'{text}' is not letters, digits, '_', '+', '-' and '.', the first no '.'");

    public override string ToString() => Value;

    [GeneratedRegex(@"\A[A-Za-z0-9_+-][A-Za-z0-9_+.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
