using System.Text;
using System.Text.RegularExpressions;

namespace CrunSharp.Lessons;

/// <summary>Puts a lesson on a terminal: paragraphs, and the two sides in columns.</summary>
public sealed partial class Screen(TextWriter output, int width, bool colour)
{
    private const int Widest = 110;
    private const int Margin = 9;
    private const char NoBreak = '\u00a0';
    private const string Bar = "│ ";
    private const string Bold = "1";
    private const string Dim = "2";
    private const string Green = "32";
    private const string Red = "31";
    private static readonly string[] s_sideColours = ["36", "33"];

    private readonly int _width = Math.Clamp(width, 40, Widest);

    public void Heading(string text) => output.WriteLine($"\n{Paint(text, Bold)}");

    public void Paragraph(string text)
    {
        output.WriteLine();

        // Code is not broken between its words.
        string whole = Code().Replace(text, static code => code.Value.Replace(' ', NoBreak));
        foreach (string line in Wrap(whole, _width))
        {
            string shown = line.Replace(NoBreak, ' ');
            output.WriteLine(colour ? Code().Replace(shown, code => Paint(code.Value.Trim('`'), Bold)) : shown);
        }
    }

    public void Note(string text) => Lines(text, Dim);

    public void Good(string text) => Lines(text, Green);

    public void Bad(string text) => Lines(text, Red);

    /// <summary>Leaves the cursor behind the text.</summary>
    public void Prompt(string text)
    {
        output.Write($"\n{Paint(text, Bold)} ");
        output.Flush();
    }

    /// <summary>A command and what it printed, marked with its side.</summary>
    public void Show(Side side, string command, string said)
    {
        output.WriteLine();
        string label = Name(side);
        foreach ((string line, bool typed) in Cells(command, said, _width - Margin - Bar.Length))
        {
            output.WriteLine($"{Paint(label.PadRight(Margin) + Bar, s_sideColours[(int)side])}{(typed ? Paint(line, Bold) : line)}".TrimEnd());
            label = "";
        }
    }

    /// <summary>Both sides next to each other.</summary>
    public void ShowBoth((string Command, string Said) outside, (string Command, string Said) inside)
    {
        int column = (_width - Bar.Length - 1) / 2;
        (string, bool)[] left = Cells(outside.Command, outside.Said, column);
        (string, bool)[] right = Cells(inside.Command, inside.Said, column);
        output.WriteLine();
        output.WriteLine($"{Paint(Name(Side.Outside).PadRight(column), s_sideColours[0])} {Bar}{Paint(Name(Side.Inside), s_sideColours[1])}");
        for (int i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            (string Line, bool Typed) l = i < left.Length ? left[i] : ("", false);
            (string Line, bool Typed) r = i < right.Length ? right[i] : ("", false);
            string padded = l.Line.PadRight(column);
            output.WriteLine($"{(l.Typed ? Paint(padded, Bold) : padded)} {Bar}{(r.Typed ? Paint(r.Line, Bold) : r.Line)}".TrimEnd());
        }
    }

    /// <summary>Lines of at most that many characters, broken between words where there are some.</summary>
    internal static IEnumerable<string> Wrap(string text, int width)
    {
        StringBuilder line = new();
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }

    private static string Name(Side side) => side == Side.Outside ? "outside" : "inside";

    private static (string Line, bool Typed)[] Cells(string command, string said, int width) =>
    [
        .. command.Split('\n').SelectMany((line, i) => Cut((i == 0 ? "$ " : "> ") + line, width)).Select(static line => (line, true)),
        .. said.TrimEnd('\n').Split('\n').Where(line => said.Length > 0).SelectMany(line => Cut(line, width)).Select(static line => (line, false)),
    ];

    // Output is broken where the column ends, as a terminal does: its spaces may mean something.
    private static IEnumerable<string> Cut(string line, int width)
    {
        int start = 0;
        do
        {
            yield return line.Substring(start, Math.Min(width, line.Length - start));
            start += width;
        }
        while (start < line.Length);
    }

    private void Lines(string text, string style)
    {
        foreach (string line in Wrap(text, _width))
        {
            output.WriteLine(Paint(line, style));
        }
    }

    private string Paint(string text, string style) => colour ? $"\e[{style}m{text}\e[0m" : text;

    [GeneratedRegex("`[^`]+`")]
    private static partial Regex Code();
}
