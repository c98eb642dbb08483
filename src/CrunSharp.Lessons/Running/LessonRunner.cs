using CrunSharp.Oci;

namespace CrunSharp.Lessons;

/// <summary>Takes a learner through a lesson, with real commands in two shells of this host.</summary>
/// <param name="facts">See <see cref="HostFacts"/>.</param>
public sealed class LessonRunner(Screen screen, ILearner learner, IReadOnlySet<string> facts)
{
    private readonly List<string> _differences = [];
    private CancellationTokenSource? _trying;

    /// <summary>Where this host's output was not what the lesson says, and wrong answers that were taken.</summary>
    public IReadOnlyList<string> Differences => _differences;

    /// <summary>Ends the command of the learner's own that is just running; false when there is none.</summary>
    public bool InterruptTry()
    {
        CancellationTokenSource? trying = _trying;
        trying?.Cancel();
        return trying is not null;
    }

    /// <summary>Runs from a section on; true when the lesson came to its end, false when the learner left.</summary>
    /// <param name="reached">Told the number of sections that are finished.</param>
    /// <exception cref="CrunException">The host lacks something, or the input ended.</exception>
    public async Task<bool> RunAsync(Lesson lesson, int firstSection, Action<int> reached, CancellationToken cancellationToken)
    {
        IReadOnlyList<HostNeed> missing = HostNeed.Missing(lesson);
        if (missing.Count > 0)
        {
            throw new CrunException($"cannot run the lesson '{lesson.Name}'", $"this host lacks {string.Join(" and ", missing.Select(static need => need.What))}")
            {
                Hints = [.. missing.Select(static need => need.Mend)],
            };
        }

        await using Lab lab = new(lesson.CleanUp);
        Visit visit = new(lab, lesson);
        screen.Heading($"{lesson.Number}. {lesson.Title}");
        screen.Paragraph(lesson.Idea);
        screen.Note("Enter goes on, q leaves. At any prompt !CMD runs a command of yours inside, !!CMD outside.");
        for (int i = 0; i < lesson.Sections.Count; i++)
        {
            Section section = lesson.Sections[i];
            LessonStep[] steps = [.. section.Steps.Where(step => step.When is null || facts.Contains(step.When))];
            if (i < firstSection)
            {
                await RepeatAsync(visit, steps, cancellationToken);
                continue;
            }

            screen.Heading($"{lesson.Number}.{i + 1} {section.Title}");
            if (!await PlayAsync(visit, steps, cancellationToken))
            {
                return false;
            }

            reached(i + 1);
            if (i + 1 < lesson.Sections.Count && !await PauseAsync(visit, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What the learner saw in an earlier visit: only its effects are needed.</summary>
    private async Task RepeatAsync(Visit visit, LessonStep[] steps, CancellationToken cancellationToken)
    {
        foreach (LessonStep step in steps)
        {
            if (step is Run run)
            {
                await RunAsync(visit, run, cancellationToken);
            }
            else if (step is Leave)
            {
                await visit.Lab.CloseAsync(Side.Inside);
            }
        }
    }

    private async Task<bool> PlayAsync(Visit visit, LessonStep[] steps, CancellationToken cancellationToken)
    {
        for (int i = 0; i < steps.Length; i++)
        {
            switch (steps[i])
            {
                case Say say:
                    screen.Paragraph(visit.Fill(say.Text));
                    break;
                case Leave:
                    await visit.Lab.CloseAsync(Side.Inside);
                    break;
                case Run run:
                    (string Command, string Said)? shown = await RunAsync(visit, run, cancellationToken);
                    if (i + 1 < steps.Length && steps[i + 1] is Run { Beside: true } beside)
                    {
                        (string Command, string Said)? inside = await RunAsync(visit, beside, cancellationToken);
                        i++;
                        if (shown is { } left && inside is { } right)
                        {
                            screen.ShowBoth(left, right);
                        }
                    }
                    else if (shown is { } alone)
                    {
                        screen.Show(run.Side, alone.Command, alone.Said);
                    }

                    break;
                case Ask ask when !await AskAsync(visit, ask, cancellationToken):
                    return false;
            }

            // A question waits by itself, and so does the end of a section.
            if (screen.IsFull && i + 1 < steps.Length && steps[i + 1] is not Ask && !await PauseAsync(visit, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Null where the command needs something that an earlier one did not show on this host.</summary>
    private async Task<(string Command, string Said)?> RunAsync(Visit visit, Run run, CancellationToken cancellationToken)
    {
        if (OutputPattern.Fill(run.Command, visit.Found) is not { } command)
        {
            screen.Note($"(left out, since the step before it showed something else on this host: {run.Command})");
            return null;
        }

        string said = await visit.Lab.RunAsync(run.Side, command, cancellationToken);
        if (!OutputPattern.Match(run.Expected, said, visit.Found))
        {
            _differences.Add($"'{command}' {run.Side.ToString().ToLowerInvariant()} was to print\n{Quote(string.Join('\n', run.Expected))}\nand printed\n{Quote(said)}");
        }

        return (command, said);
    }

    private async Task<bool> AskAsync(Visit visit, Ask ask, CancellationToken cancellationToken)
    {
        string[] accepted = [.. ask.Accepted.Select(answer => OutputPattern.Fill(answer, visit.Found)).OfType<string>()];
        if (accepted.Length == 0)
        {
            screen.Note($"(a question is left out, since this host showed something else: {ask.Question})");
            return true;
        }

        screen.Paragraph(visit.Fill(ask.Question));
        for (bool refused = false; ; refused = true)
        {
            screen.Prompt(refused ? "Again ('show' tells):" : "Your answer:");
            string typed = await TypeAsync(ask, accepted[0], cancellationToken);
            if (IsLeaving(typed))
            {
                return false;
            }

            if (typed.Equals("show", StringComparison.OrdinalIgnoreCase))
            {
                screen.Note($"It is: {accepted[0]}");
                screen.Paragraph(visit.Fill(ask.Right));
                return true;
            }

            if (typed.StartsWith('!'))
            {
                await TryAsync(visit, typed, cancellationToken);
            }
            else if (accepted.Any(answer => Answer.Matches(answer, typed)))
            {
                screen.Good($"Right. {visit.Fill(ask.Right)}");
                if (learner is Rehearsal && !refused)
                {
                    _differences.Add($"'{ask.Wrong}' was taken for an answer to '{ask.Question}'");
                }

                return true;
            }
            else if (typed.Length > 0)
            {
                screen.Bad($"Not so. {visit.Fill(ask.Hint)}");
            }
        }
    }

    private async Task<bool> PauseAsync(Visit visit, CancellationToken cancellationToken)
    {
        while (true)
        {
            screen.Prompt("[Enter]");
            string typed = await TypeAsync(null, "", cancellationToken);
            if (!typed.StartsWith('!'))
            {
                return !IsLeaving(typed);
            }

            await TryAsync(visit, typed, cancellationToken);
        }
    }

    private async Task<string> TypeAsync(Ask? question, string right, CancellationToken cancellationToken) =>
        (await learner.TypeAsync(question, right, cancellationToken))?.Trim()
        ?? throw new CrunException("cannot go on with the lesson", "the input has ended");

    /// <summary>A command of the learner's own, in a subshell: it may be wrong, or 'exit'.</summary>
    private async Task TryAsync(Visit visit, string typed, CancellationToken cancellationToken)
    {
        (Side side, string command) = typed.StartsWith("!!", StringComparison.Ordinal) ? (Side.Outside, typed[2..]) : (Side.Inside, typed[1..]);
        string quoted = command.Trim().Replace("'", "'\\''", StringComparison.Ordinal);
        using CancellationTokenSource trying = new();
        _trying = trying;
        string said = await visit.Lab.TryAsync(side, $"(eval '{quoted}') </dev/null", trying.Token, cancellationToken);
        _trying = null;
        screen.Show(side, command.Trim(), said);
    }

    private static bool IsLeaving(string typed) => typed.ToLowerInvariant() is "q" or "quit" or "exit";

    private static string Quote(string text) => string.Join('\n', text.TrimEnd('\n').Split('\n').Select(static line => $"    {line}"));

    /// <summary>One run of one lesson: its shells, and what its placeholders stand for so far.</summary>
    private sealed class Visit(Lab lab, Lesson lesson)
    {
        private readonly IReadOnlyDictionary<string, string> _samples = OutputPattern.Samples(lesson);

        public Lab Lab => lab;

        public Dictionary<string, string> Found { get; } = [];

        public string Fill(string text) => OutputPattern.Fill(text, Found) ?? OutputPattern.Fill(text, _samples) ?? text;
    }
}
