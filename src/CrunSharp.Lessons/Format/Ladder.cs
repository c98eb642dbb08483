using System.Reflection;
using CrunSharp.Oci;

namespace CrunSharp.Lessons;

/// <summary>All lessons, in the order in which they build on each other.</summary>
public static class Ladder
{
    private static readonly Lazy<Lesson[]> s_lessons = new(() =>
        [.. Resources().Where(static name => !name.Contains('.', StringComparison.Ordinal)).Select(static name => LessonReader.Read(name, Text(name))).OrderBy(static lesson => lesson.Number)]);

    public static IReadOnlyList<Lesson> Lessons => s_lessons.Value;

    /// <summary>The lesson of this name or number.</summary>
    /// <exception cref="CrunException">There is none.</exception>
    public static Lesson Get(string name) =>
        Lessons.FirstOrDefault(lesson => lesson.Name == name || $"{lesson.Number}" == name)
        ?? throw new CrunException($"cannot start the lesson '{name}'", $"the lessons are {string.Join(", ", Lessons.Select(static lesson => lesson.Name))}")
        {
            Hints = ["crun-sharp learn --list"],
        };

    /// <summary>The text of a file that the program carries.</summary>
    internal static string Text(string name)
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string[] Resources() => Assembly.GetExecutingAssembly().GetManifestResourceNames();
}
