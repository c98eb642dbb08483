using System.Globalization;
using System.Text;

namespace CrunSharp.Runtime;

/// <summary>Values as people write them for systemd's properties: <c>'text'</c>, <c>true</c>, <c>7</c>, <c>uint64 7</c>, <c>['a', 'b']</c>.</summary>
/// <remarks>The part of GLib's "GVariant Text Format" that units have properties of.</remarks>
internal static class SystemdVariant
{
    /// <summary>The D-Bus type and the value; null where the text is none.</summary>
    public static (string Signature, object Value)? Parse(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        (string, object)? value = rest switch
        {
            "true" => ("b", true),
            "false" => ("b", false),
            ['\'' or '"', ..] => ParseText(ref rest) is { } word && rest.IsEmpty ? ("s", word) : null,
            ['[', ..] => ParseTexts(rest),
            _ => ParseNumber(rest),
        };
        return value;
    }

    private static (string, object)? ParseNumber(ReadOnlySpan<char> text)
    {
        int space = text.IndexOf(' ');
        ReadOnlySpan<char> type = space < 0 ? "int32" : text[..space];
        ReadOnlySpan<char> digits = text[(space + 1)..].Trim();
        return type switch
        {
            "int32" when int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) => ("i", number),
            "uint32" when uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) => ("u", number),
            "int64" when long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => ("x", number),
            "uint64" when ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) => ("t", number),
            _ => null,
        };
    }

    private static (string, object)? ParseTexts(ReadOnlySpan<char> text)
    {
        List<string> words = [];
        text = text[1..].TrimStart();
        while (ParseText(ref text) is { } word)
        {
            words.Add(word);
            text = text.TrimStart();
            if (text is not [',', ..])
            {
                return text is "]" ? ("as", words.ToArray()) : null;
            }

            text = text[1..].TrimStart();
        }

        return null;
    }

    /// <summary>Takes a quoted text off the front.</summary>
    private static string? ParseText(ref ReadOnlySpan<char> text)
    {
        if (text is not ['\'' or '"', ..])
        {
            return null;
        }

        char quote = text[0];
        StringBuilder word = new();
        for (int at = 1; at < text.Length; at++)
        {
            if (text[at] == quote)
            {
                text = text[(at + 1)..];
                return word.ToString();
            }

            if (text[at] == '\\' && ++at == text.Length)
            {
                return null;
            }

            word.Append(text[at]);
        }

        return null;
    }
}
