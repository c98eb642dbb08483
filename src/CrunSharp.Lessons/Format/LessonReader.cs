using System.Globalization;
using CrunSharp.Oci;

namespace CrunSharp.Lessons;

/// <summary>Reads a lesson's text; docs/teaching.md describes the form.</summary>
internal sealed class LessonReader
{
    private const string OutsidePrompt = "outside$ ";
    private const string InsidePrompt = "inside$ ";

    private readonly string _file;
    private readonly string[] _lines;
    private readonly List<Section> _sections = [];
    private readonly Dictionary<string, List<string>> _head = [];
    private List<LessonStep> _steps = [];
    private string? _when;
    private int _next;

    private LessonReader(string file, string text)
    {
        _file = file;
        _lines = text.Replace("\r", "", StringComparison.Ordinal).Split('\n');
    }

    private bool AtEnd => _next >= _lines.Length;

    /// <param name="file">As in <c>03-pid</c>: the place in the ladder and the name.</param>
    /// <exception cref="CrunException">The text does not have the form.</exception>
    public static Lesson Read(string file, string text) => new LessonReader(file, text).Read();

    private Lesson Read()
    {
        ReadHead();
        while (!AtEnd)
        {
            ReadStep();
        }

        int dash = _file.IndexOf('-', StringComparison.Ordinal);
        return new Lesson
        {
            Number = int.Parse(_file.AsSpan(0, dash), CultureInfo.InvariantCulture),
            Name = _file[(dash + 1)..],
            Title = Head("title"),
            Minutes = int.Parse(Head("minutes"), CultureInfo.InvariantCulture),
            Idea = Head("idea"),
            Needs = Head("needs").Split(' ', StringSplitOptions.RemoveEmptyEntries),
            CleanUp = _head.GetValueOrDefault("cleanup", []),
            Sections = _sections,
        };
    }

    private void ReadHead()
    {
        for (; !AtEnd && !_lines[_next].StartsWith("# ", StringComparison.Ordinal); _next++)
        {
            if (_lines[_next].Length > 0)
            {
                (string key, string value) = Split(_lines[_next]);
                _head.TryAdd(key, []);
                _head[key].Add(value);
            }
        }
    }

    private string Head(string key) => _head.TryGetValue(key, out List<string>? values) ? string.Join(' ', values) : throw Fault($"no '{key}:'");

    private void ReadStep()
    {
        string line = _lines[_next];
        if (line.Length == 0)
        {
            _next++;
        }
        else if (line.StartsWith("# ", StringComparison.Ordinal))
        {
            _steps = [];
            _when = null;
            _sections.Add(new Section(line[2..], _steps));
            _next++;
        }
        else if (line[0] == '[')
        {
            ReadBracket(line);
            _next++;
        }
        else if (line.StartsWith(OutsidePrompt, StringComparison.Ordinal))
        {
            ReadRun(Side.Outside, OutsidePrompt);
        }
        else if (line.StartsWith(InsidePrompt, StringComparison.Ordinal))
        {
            ReadRun(Side.Inside, InsidePrompt);
        }
        else if (line.StartsWith("? ", StringComparison.Ordinal))
        {
            ReadAsk();
        }
        else
        {
            ReadSay();
        }
    }

    private void ReadBracket(string line)
    {
        switch (line.Trim('[', ']').Split(' '))
        {
            case ["when", { Length: > 0 } fact]:
                _when = fact;
                break;
            case ["end"]:
                _when = null;
                break;
            case ["leave"]:
                _steps.Add(new Leave(_when));
                break;
            default:
                throw Fault($"'{line}' is none of [when FACT], [end], [leave]");
        }
    }

    private void ReadRun(Side side, string prompt)
    {
        // No empty line between them: the learner compares the two.
        bool beside = side == Side.Inside && _next > 0 && _lines[_next - 1].Length > 0 && _steps is [.., Run { Side: Side.Outside }];
        List<string> command = [_lines[_next++][prompt.Length..]];
        command.AddRange(TakeWhile("> "));
        _steps.Add(new Run(_when, side, string.Join('\n', command), TakeWhile("| "), beside));
    }

    private void ReadAsk()
    {
        string question = string.Join(' ', TakeWhile("? "));
        List<string> accepted = TakeWhile("= ");
        Dictionary<string, string> texts = [];
        for (; !AtEnd && _lines[_next].Length > 0; _next++)
        {
            (string key, string value) = Split(_lines[_next]);
            texts[key] = texts.TryGetValue(key, out string? begun) ? $"{begun} {value}" : value;
        }

        if (accepted.Count == 0)
        {
            throw Fault($"no answer ('= ...') to '{question}'");
        }

        _steps.Add(new Ask(_when, question, accepted, Text("wrong"), Text("hint"), Text("right")));

        string Text(string key) => texts.GetValueOrDefault(key) ?? throw Fault($"no '{key}:' for '{question}'");
    }

    private void ReadSay()
    {
        int first = _next;
        while (!AtEnd && _lines[_next].Length > 0 && _lines[_next][0] != '[')
        {
            _next++;
        }

        _steps.Add(new Say(_when, string.Join(' ', _lines[first.._next])));
    }

    // "|" alone is an empty line of output.
    private List<string> TakeWhile(string mark)
    {
        List<string> taken = [];
        for (; !AtEnd && (_lines[_next].StartsWith(mark, StringComparison.Ordinal) || _lines[_next] == mark.TrimEnd()); _next++)
        {
            taken.Add(_lines[_next] == mark.TrimEnd() ? "" : _lines[_next][mark.Length..]);
        }

        return taken;
    }

    private (string Key, string Value) Split(string line)
    {
        int colon = line.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 ? (line[..colon], line[(colon + 2)..]) : throw Fault($"'{line}' is no 'key: value'");
    }

    private CrunException Fault(string why) => new($"cannot read the lesson '{_file}'", $"line {Math.Min(_next + 1, _lines.Length)}: {why}");
}
