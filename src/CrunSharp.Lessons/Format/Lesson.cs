namespace CrunSharp.Lessons;

/// <summary>One rung of the ladder: one idea, a surprise, and questions that looking answers.</summary>
public sealed record Lesson
{
    /// <summary>Its place in the ladder, from 1.</summary>
    public required int Number { get; init; }

    public required string Name { get; init; }

    public required string Title { get; init; }

    public required int Minutes { get; init; }

    /// <summary>The whole lesson in one sentence.</summary>
    public required string Idea { get; init; }

    /// <summary>Names of <see cref="HostNeed"/>s.</summary>
    public required IReadOnlyList<string> Needs { get; init; }

    /// <summary>Shell commands for what would outlive the panes; they run however the lesson ended.</summary>
    public required IReadOnlyList<string> CleanUp { get; init; }

    public required IReadOnlyList<Section> Sections { get; init; }
}

/// <summary>A part that a learner finishes at one go, and where a lesson that was left goes on.</summary>
public sealed record Section(string Title, IReadOnlyList<LessonStep> Steps);

/// <summary>Something that a lesson does. <see cref="When"/> is the fact about the host that it is for; null is always.</summary>
public abstract record LessonStep(string? When);

/// <summary>A paragraph; words in backticks are code.</summary>
public sealed record Say(string? When, string Text) : LessonStep(When);

/// <summary>A command in one of the panes, and what it prints.</summary>
/// <param name="Expected">Lines of an <see cref="OutputPattern"/>.</param>
/// <param name="Beside">Shown to the right of the step before it.</param>
public sealed record Run(string? When, Side Side, string Command, IReadOnlyList<string> Expected, bool Beside) : LessonStep(When);

/// <summary>The inside begins anew, as a shell of the outside.</summary>
public sealed record Leave(string? When) : LessonStep(When);

/// <summary>A question, and which answers are right.</summary>
/// <param name="Accepted">The first one is shown to those who give up.</param>
/// <param name="Wrong">An answer that a learner may well give, and that is refused.</param>
public sealed record Ask(string? When, string Question, IReadOnlyList<string> Accepted, string Wrong, string Hint, string Right) : LessonStep(When);

/// <summary>The two shells of a lesson.</summary>
public enum Side
{
    Outside,
    Inside,
}
