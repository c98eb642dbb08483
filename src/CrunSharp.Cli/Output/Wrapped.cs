namespace CrunSharp.Cli.Output;

/// <summary>Text in lines of at most 80 columns, further lines indented as deep as the first one's text.</summary>
internal static class Wrapped
{
    private const int Width = 80;

    public static void Write(TextWriter output, string lead, string text)
    {
        string line = lead;
        bool isEmpty = true;
        foreach (string word in Printable.Text(text).Split(' ').SelectMany(word => Pieces(word, Math.Max(Width - lead.Length, 1))))
        {
            if (!isEmpty && line.Length + 1 + word.Length > Width)
            {
                output.WriteLine(line);
                line = new string(' ', lead.Length);
                isEmpty = true;
            }

            line = isEmpty ? line + word : $"{line} {word}";
            isEmpty = false;
        }

        output.WriteLine(line);
    }

    // A path may be longer than any line.
    private static IEnumerable<string> Pieces(string word, int longest) =>
        word.Length <= longest ? [word] : word.Chunk(longest).Select(static piece => new string(piece));
}
