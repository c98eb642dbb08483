namespace CrunSharp.Registry;

/// <summary>Makes text from afar fit for a terminal.</summary>
internal static class Printable
{
    private const int Longest = 300;

    /// <summary>One line of at most 300 characters, without control characters.</summary>
    public static string Line(string text)
    {
        string line = string.Concat(text.Trim().Take(Longest).Select(letter => char.IsControl(letter) ? ' ' : letter));
        return text.Length > Longest ? $"{line}..." : line;
    }
}
