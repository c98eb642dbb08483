using CrunSharp.Oci;

namespace CrunSharp.Lessons;

/// <summary>The lessons written down: what the pages, the slides and the terminal show has one source.</summary>
public static class Book
{
    /// <summary>Writes what was asked for, and answers with the files.</summary>
    /// <param name="format">pages, html or slides.</param>
    /// <param name="target">A directory for pages; a file for the others, or a directory that gets one.</param>
    public static IReadOnlyList<string> Write(string format, string target, IReadOnlyList<Lesson> lessons)
    {
        switch (format)
        {
            case "pages":
                Directory.CreateDirectory(target);
                List<string> written = [];
                foreach ((string name, string text) in MarkdownPages.Generate(lessons))
                {
                    written.Add(Put(Path.Combine(target, name), text));
                }

                return written;
            case "html":
                return [Put(FileIn(target, "lessons.html"), HtmlBook.Generate(lessons))];
            case "slides":
                return [Put(FileIn(target, "slides.html"), HtmlBook.GenerateSlides(lessons))];
            default:
                throw new CrunException($"cannot export '{format}'", "slides, html and pages are known");
        }
    }

    private static string FileIn(string target, string name) => Directory.Exists(target) || target.EndsWith('/') ? Path.Combine(target, name) : target;

    private static string Put(string path, string text)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            Directory.CreateDirectory(parent);
        }

        File.WriteAllText(path, text);
        return path;
    }
}
