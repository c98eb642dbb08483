using System.Buffers;
using System.Globalization;

namespace CrunSharp.Explain;

/// <summary>Words as a POSIX shell reads them.</summary>
internal static class Sh
{
    // A tab that is pasted into a terminal asks for completion.
    private const string Tab = "'\"$(printf '\\t')\"'";

    private static readonly SearchValues<char> s_plain =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-");

    public static string Quote(string word) =>
        word.Length > 0 && !word.AsSpan().ContainsAnyExcept(s_plain) ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal).Replace("\t", Tab, StringComparison.Ordinal)}'";

    public static string Quote(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>A path beneath the directory that a variable holds: <c>"$root"/proc</c>.</summary>
    public static string Beneath(string variable, string path) => path.Trim('/') is { Length: > 0 } rest ? $"\"${variable}\"/{Quote(rest)}" : $"\"${variable}\"";

    public static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Octal(uint mode) => Convert.ToString(mode & 0xfff, 8).PadLeft(3, '0');
}
