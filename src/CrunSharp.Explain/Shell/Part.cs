using System.Text;

namespace CrunSharp.Explain;

/// <summary>Lines of one shell, in the order in which it runs them.</summary>
internal sealed class Part(string name)
{
    private const int Width = 100;
    private readonly StringBuilder _text = new();

    /// <summary>The file that it is written to.</summary>
    public string Name { get; } = name;

    public void Line(string command) => _text.Append(command).Append('\n');

    public void Blank() => _text.Append('\n');

    /// <summary>A sentence as comment lines, the second and further ones indented as the first one's text is.</summary>
    public void Comment(string label, string sentence)
    {
        string first = label.Length == 0 ? "#" : $"# {label}", rest = $"#{new string(' ', first.Length - 1)}";
        StringBuilder line = new(first);
        bool isEmpty = true;
        foreach (string word in sentence.ReplaceLineEndings(" ").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + word.Length >= Width)
            {
                _text.Append(line).Append('\n');
                line.Clear().Append(rest);
                isEmpty = true;
            }

            line.Append(' ').Append(word);
            isEmpty = false;
        }

        _text.Append(line).Append('\n');
    }

    /// <summary>Text into a file, taken literally.</summary>
    public void File(string path, string text, string end)
    {
        if (text.Contains('\t'))
        {
            // A tab that is pasted into a terminal asks for completion: printf makes it.
            IEnumerable<string> lines = text.TrimEnd('\n').Split('\n')
                .Select(static line => line.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal));
            Line($"printf '%b\\n' \\\n  {string.Join(" \\\n  ", lines.Select(Sh.Quote))} > {path}");
            return;
        }

        // The text may be a user's: no line of it may end it early.
        while (text.Split('\n').Contains(end))
        {
            end += "_";
        }

        Line($"cat > {path} <<'{end}'");
        _text.Append(text).Append(text.EndsWith('\n') || text.Length == 0 ? "" : "\n").Append(end).Append('\n');
    }

    /// <summary>Bytes into a file.</summary>
    public void Bytes(string path, ReadOnlyMemory<byte> bytes)
    {
        Line($"base64 -d <<'END' | gunzip > {path}");
        string text = Convert.ToBase64String(Gzip(bytes));
        for (int at = 0; at < text.Length; at += 96)
        {
            _text.Append(text.AsSpan(at, Math.Min(96, text.Length - at))).Append('\n');
        }

        Line("END");
    }

    public override string ToString() => _text.ToString();

    private static byte[] Gzip(ReadOnlyMemory<byte> bytes)
    {
        using MemoryStream packed = new();
        using (System.IO.Compression.GZipStream stream = new(packed, System.IO.Compression.CompressionLevel.SmallestSize))
        {
            stream.Write(bytes.Span);
        }

        return packed.ToArray();
    }
}
