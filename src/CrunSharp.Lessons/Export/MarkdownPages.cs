using System.Globalization;
using System.Text;

namespace CrunSharp.Lessons;

/// <summary>The lessons as docs/learn: a page each, and one that lists them.</summary>
internal static class MarkdownPages
{
    public static IEnumerable<(string Name, string Text)> Generate(IReadOnlyList<Lesson> lessons)
    {
        yield return ("README.md", Index(lessons));
        foreach (Lesson lesson in lessons)
        {
            yield return (FileName(lesson), Page(lesson));
        }
    }

    private static string FileName(Lesson lesson) => string.Create(CultureInfo.InvariantCulture, $"{lesson.Number:00}-{lesson.Name}.md");

    private static string Index(IReadOnlyList<Lesson> lessons)
    {
        StringBuilder page = new();
        page.Append("""
            # Isolation, one kernel feature at a time

            These are the lessons of `crun-sharp learn`, written down. In the terminal they run on your own kernel; here you
            read what they do and may type it yourself. A test runs every command below and compares what it prints.

            | | lesson | minutes | in one sentence |
            |---|---|---|---|

            """);
        foreach (Lesson lesson in lessons)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {lesson.Number} | [{lesson.Title}]({FileName(lesson)}) | {lesson.Minutes} | {lesson.Idea} |\n");
        }

        page.Append(CultureInfo.InvariantCulture, $"\n{Footer}\n");
        return page.ToString();
    }

    private static string Page(Lesson lesson)
    {
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $"# {lesson.Number}. {lesson.Title}\n\n*{lesson.Idea}*\n\n");
        page.Append(CultureInfo.InvariantCulture, $"`crun-sharp learn {lesson.Name}` · {lesson.Minutes} minutes · needs {string.Join(", ", lesson.Needs.Select(static need => HostNeed.Get(need).What))}\n");
        foreach (Section section in lesson.Sections)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Title}\n");
            Condition condition = new();
            foreach (LessonStep step in section.Steps)
            {
                if (condition.Change(step.When) is { } words)
                {
                    page.Append(CultureInfo.InvariantCulture, $"\n**{words}**\n");
                }

                Append(page, step, OutputPattern.Samples(lesson));
            }
        }

        page.Append(CultureInfo.InvariantCulture, $"\n---\n{Footer}\n");
        return page.ToString();
    }

    private static string Footer => "*Made from `src/CrunSharp.Lessons/Lessons` by `crun-sharp learn --export pages docs/learn`: change it there.*";

    private static void Append(StringBuilder page, LessonStep step, IReadOnlyDictionary<string, string> samples)
    {
        switch (step)
        {
            case Say say:
                page.Append(CultureInfo.InvariantCulture, $"\n{Fill(say.Text, samples)}\n");
                break;
            case Run run:
                string side = run.Side == Side.Outside ? "outside" : "inside";
                page.Append(CultureInfo.InvariantCulture, $"\n```console\n{side}$ {Fill(run.Command, samples).Replace("\n", "\n> ", StringComparison.Ordinal)}\n");
                foreach (string line in run.Expected)
                {
                    page.Append(CultureInfo.InvariantCulture, $"{Fill(line, samples)}\n");
                }

                page.Append("```\n");
                break;
            case Leave:
                page.Append("\n(The inside begins anew: leave its shells.)\n");
                break;
            case Ask ask:
                page.Append(CultureInfo.InvariantCulture, $"\n> **{Fill(ask.Question, samples)}**\n>\n> <details><summary>A hint</summary>{Fill(ask.Hint, samples)}</details>\n");
                page.Append(CultureInfo.InvariantCulture, $"> <details><summary>The answer</summary><b>{Fill(ask.Accepted[0], samples)}</b>. {Fill(ask.Right, samples)}</details>\n");
                break;
        }
    }

    private static string Fill(string text, IReadOnlyDictionary<string, string> samples) => OutputPattern.Fill(text, samples) ?? text;
}

/// <summary>Says, where steps for some hosts begin or end, which hosts are meant.</summary>
internal sealed class Condition
{
    private string? _current;

    /// <summary>The words to print before a step of this fact; null where nothing changes.</summary>
    public string? Change(string? fact)
    {
        if (fact == _current)
        {
            return null;
        }

        _current = fact;
        return fact switch
        {
            null => "On every host:",
            HostFacts.Root => "As root:",
            HostFacts.User => "As an ordinary user:",
            HostFacts.CgroupV2 => "Where cgroup v2 may be written (root of most hosts):",
            HostFacts.CgroupV1 => "Where cgroup v1 may be written (root of older hosts):",
            _ => "Where no cgroup may be made (an ordinary user):",
        };
    }
}
