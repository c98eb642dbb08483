using System.Text;
using System.Text.RegularExpressions;

namespace CrunSharp.Lessons;

/// <summary>What a command is expected to print, where the parts that differ from host to host have a name and a sample.</summary>
/// <remarks>
/// <c>{{pid=4242}}</c> matches what looks like the sample: a number, a word, or with spaces in it any text. The same
/// name later on, <c>{{pid}}</c>, is what was found there. A line <c>...</c> is any number of lines.
/// </remarks>
public static partial class OutputPattern
{
    private const string AnyLines = "...";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    /// <summary>Whether the output has the form; what the names stand for is added to <paramref name="found"/>.</summary>
    public static bool Match(IEnumerable<string> expected, string output, IDictionary<string, string> found)
    {
        StringBuilder pattern = new("^");
        HashSet<string> opened = [];
        foreach (string line in expected)
        {
            // Every line ends with a line feed here, the last one too.
            pattern.Append(line == AnyLines ? "(?:[^\n]*\n)*?" : $"{LinePattern(line, opened, found)}\n");
        }

        string text = output.Length == 0 || output.EndsWith('\n') ? output : $"{output}\n";
        Match match = Regex.Match(text, pattern.Append("\\z").ToString(), RegexOptions.CultureInvariant, s_limit);
        foreach (string name in match.Success ? opened : [])
        {
            found[name] = match.Groups[name].Value;
        }

        return match.Success;
    }

    /// <summary>The text with values for names; a name without one keeps its sample, or yields null where it has none.</summary>
    public static string? Fill(string text, IReadOnlyDictionary<string, string> values)
    {
        bool complete = true;
        string filled = Name().Replace(text, match =>
        {
            if (values.TryGetValue(match.Groups["name"].Value, out string? value))
            {
                return value;
            }

            complete &= match.Groups["sample"].Success;
            return match.Groups["sample"].Value;
        });
        return complete ? filled : null;
    }

    /// <summary>Every name's sample in the lesson: what its pages show.</summary>
    public static IReadOnlyDictionary<string, string> Samples(Lesson lesson)
    {
        Dictionary<string, string> samples = [];
        foreach (string line in lesson.Sections.SelectMany(static section => section.Steps).OfType<Run>().SelectMany(static run => run.Expected))
        {
            foreach (Match match in Name().Matches(line).Where(static match => match.Groups["sample"].Success))
            {
                samples.TryAdd(match.Groups["name"].Value, match.Groups["sample"].Value);
            }
        }

        return samples;
    }

    private static string LinePattern(string line, HashSet<string> opened, IDictionary<string, string> found)
    {
        StringBuilder pattern = new();
        int end = 0;
        foreach (Match match in Name().Matches(line))
        {
            pattern.Append(Regex.Escape(line[end..match.Index]));
            end = match.Index + match.Length;
            string name = match.Groups["name"].Value;
            pattern.Append(
                !match.Groups["sample"].Success && found.TryGetValue(name, out string? value) ? Regex.Escape(value)
                : opened.Add(name) ? $"(?<{name}>{Shape(match.Groups["sample"].Value)})"
                : $"\\k<{name}>");
        }

        return pattern.Append(Regex.Escape(line[end..])).ToString();
    }

    private static string Shape(string sample) =>
        sample.Length > 0 && sample.All(char.IsAsciiDigit) ? "[0-9]+"
        : sample.Contains(' ', StringComparison.Ordinal) ? "[^\n]+"
        : "[^ \t\n]+";

    [GeneratedRegex(@"\{\{(?<name>[a-z0-9]+)(=(?<sample>[^}]*))?\}\}")]
    private static partial Regex Name();
}
