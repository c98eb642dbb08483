using System.Text;
using System.Text.RegularExpressions;

namespace CrunSharp.Lessons;

/// <summary>Puts a lesson on a terminal: paragraphs, and the two sides in columns.</summary>
/// <param name="size">Asked each time, as a window may change; without a height nothing scrolls away.</param>
public sealed partial class Screen(TextWriter output, Func<(int Width, int? Height)> size, bool colour)
{
    // What the next step may take: a command, its output, and the prompt.
    private const int Spare = 9;

    private const int Widest = 110;
    private const int Margin = 9;
    private const char NoBreak = '\u00a0';
    private const string Bar = "│ ";
    private const string Bold = "1";
    private const string Dim = "2";
    private const string Green = "32";
    private const string Red = "31";
    private static readonly string[] s_sideColours = ["36", "33"];

    private int _lines;

    /// <summary>Whether more of the lesson would push off the screen what came since the last prompt.</summary>
    public bool IsFull => size().Height is { } height && _lines + Spare > height;

    private int Width => Math.Clamp(size().Width, 40, Widest);

    public void Heading(string text)
    {
        Line("");
        Line(Paint(text, Bold));
    }

    public void Paragraph(string text)
    {
        Line("");

        // Code is not broken between its words.
        string whole = Code().Replace(text, static code => code.Value.Replace(' ', NoBreak));
        foreach (string line in Wrap(whole, Width))
        {
            string shown = line.Replace(NoBreak, ' ');
            Line(colour ? Code().Replace(shown, code => Paint(code.Value.Trim('`'), Bold)) : shown);
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
        _lines = 0;
    }

    /// <summary>A command and what it printed, marked with its side.</summary>
    public void Show(Side side, string command, string said)
    {
        Line("");
        string label = Name(side);
        foreach ((string line, bool typed) in Cells(command, said, Width - Margin - Bar.Length))
        {
            Line($"{Paint(label.PadRight(Margin) + Bar, s_sideColours[(int)side])}{(typed ? Paint(line, Bold) : line)}".TrimEnd());
            label = "";
        }
    }

    /// <summary>Both sides next to each other.</summary>
    public void ShowBoth((string Command, string Said) outside, (string Command, string Said) inside)
    {
        int column = (Width - Bar.Length - 1) / 2;
        (string, bool)[] left = Cells(outside.Command, outside.Said, column);
        (string, bool)[] right = Cells(inside.Command, inside.Said, column);
        Line("");
        Line($"{Paint(Name(Side.Outside).PadRight(column), s_sideColours[0])} {Bar}{Paint(Name(Side.Inside), s_sideColours[1])}");
        for (int i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            (string Line, bool Typed) l = i < left.Length ? left[i] : ("", false);
            (string Line, bool Typed) r = i < right.Length ? right[i] : ("", false);
            string padded = l.Line.PadRight(column);
            Line($"{(l.Typed ? Paint(padded, Bold) : padded)} {Bar}{(r.Typed ? Paint(r.Line, Bold) : r.Line)}".TrimEnd());
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

    private void Line(string text)
    {
        output.WriteLine(text);
        _lines++;
    }

    private void Lines(string text, string style)
    {
        foreach (string line in Wrap(text, Width))
        {
            Line(Paint(line, style));
        }
    }

    private string Paint(string text, string style) => colour ? $"\e[{style}m{text}\e[0m" : text;

    [GeneratedRegex("`[^`]+`")]
    private static partial Regex Code();
}
