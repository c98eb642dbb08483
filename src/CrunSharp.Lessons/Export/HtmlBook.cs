using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace CrunSharp.Lessons;

/// <summary>The lessons as one self-contained file: a book to read, or slides to show.</summary>
internal static partial class HtmlBook
{
    public static string Generate(IReadOnlyList<Lesson> lessons)
    {
        StringBuilder body = new("<h1>Isolation, one kernel feature at a time</h1>\n<nav><ol>\n");
        foreach (Lesson lesson in lessons)
        {
            body.Append(CultureInfo.InvariantCulture, $"<li value=\"{lesson.Number}\"><a href=\"#{lesson.Name}\">{Text(lesson.Title)}</a></li>\n");
        }

        body.Append("</ol></nav>\n");
        foreach (Lesson lesson in lessons)
        {
            body.Append(CultureInfo.InvariantCulture, $"<article id=\"{lesson.Name}\">\n{Opening(lesson)}");
            foreach (Section section in lesson.Sections)
            {
                body.Append(CultureInfo.InvariantCulture, $"<section>\n{Content(lesson, section)}</section>\n");
            }

            body.Append("</article>\n");
        }

        return Page("book", body.ToString(), script: "");
    }

    /// <summary>A slide for each section; arrow keys and taps turn them, printing gives a page each.</summary>
    public static string GenerateSlides(IReadOnlyList<Lesson> lessons)
    {
        StringBuilder body = new();
        foreach (Lesson lesson in lessons)
        {
            body.Append(CultureInfo.InvariantCulture, $"<section class=\"opening\">\n{Opening(lesson)}</section>\n");
            foreach (Section section in lesson.Sections)
            {
                body.Append(CultureInfo.InvariantCulture, $"<section>\n{Content(lesson, section)}</section>\n");
            }
        }

        return Page("slides", body.ToString(), Ladder.Text("slides.js"));
    }

    private static string Page(string kind, string body, string script) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>crun-sharp learn</title>
        <style>
        {Ladder.Text("book.css")}</style>
        </head>
        <body class="{kind}">
        {body}<script>
        {script}</script>
        </body>
        </html>

        """;

    private static string Opening(Lesson lesson) =>
        $"<h2>{lesson.Number}. {Text(lesson.Title)}</h2>\n<p class=\"idea\">{Text(lesson.Idea)}</p>\n<p class=\"note\"><code>crun-sharp learn {lesson.Name}</code> · {lesson.Minutes} minutes</p>\n";

    private static string Content(Lesson lesson, Section section)
    {
        IReadOnlyDictionary<string, string> samples = OutputPattern.Samples(lesson);
        StringBuilder html = new($"<h3>{Text(section.Title)}</h3>\n");
        Condition condition = new();
        for (int i = 0; i < section.Steps.Count; i++)
        {
            LessonStep step = section.Steps[i];
            if (condition.Change(step.When) is { } words)
            {
                html.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Text(words)}</p>\n");
            }

            switch (step)
            {
                case Say say:
                    html.Append(CultureInfo.InvariantCulture, $"<p>{Text(Fill(say.Text, samples))}</p>\n");
                    break;
                case Run left when i + 1 < section.Steps.Count && section.Steps[i + 1] is Run { Beside: true } right:
                    html.Append(CultureInfo.InvariantCulture, $"<div class=\"both\">\n{Shell(left, samples)}{Shell(right, samples)}</div>\n");
                    i++;
                    break;
                case Run run:
                    html.Append(Shell(run, samples));
                    break;
                case Leave:
                    html.Append("<p class=\"note\">(The inside begins anew.)</p>\n");
                    break;
                case Ask ask:
                    html.Append(CultureInfo.InvariantCulture, $"<div class=\"ask\"><p>{Text(Fill(ask.Question, samples))}</p>\n<details><summary>Answer</summary><p><b>{Text(Fill(ask.Accepted[0], samples))}</b>. {Text(Fill(ask.Right, samples))}</p></details></div>\n");
                    break;
            }
        }

        return html.ToString();
    }

    private static string Shell(Run run, IReadOnlyDictionary<string, string> samples)
    {
        string side = run.Side == Side.Outside ? "outside" : "inside";
        string said = string.Join('\n', run.Expected.Select(line => Fill(line, samples)));
        return $"<pre class=\"{side}\"><i>{side}</i>\n<b>$ {WebUtility.HtmlEncode(Fill(run.Command, samples))}</b>\n{WebUtility.HtmlEncode(said)}</pre>\n";
    }

    private static string Fill(string text, IReadOnlyDictionary<string, string> samples) => OutputPattern.Fill(text, samples) ?? text;

    private static string Text(string text) => Code().Replace(WebUtility.HtmlEncode(text), "<code>$1</code>");

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
