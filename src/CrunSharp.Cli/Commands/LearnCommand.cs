using System.CommandLine;
using System.CommandLine.Completions;
using System.Runtime.InteropServices;
using CrunSharp.Cli.Output;
using CrunSharp.Lessons;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>learn</c>: lessons that take isolation apart on the learner's own kernel.</summary>
internal static class LearnCommand
{
    private const int NoTerminalWidth = 80;

    public static Command Create(GlobalOptions globals)
    {
        Argument<string[]> words = new("LESSON")
        {
            Description = "Name or number of a lesson; without one, the next that is not finished. With --export: FILE [LESSON...]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        words.CompletionSources.Add(static _ => Ladder.Lessons.Select(static lesson => new CompletionItem(lesson.Name, detail: lesson.Title)));
        Option<bool> list = new("--list", "-l") { Description = "Print the lessons, one a line: name, title, minutes, what is needed, how far you are" };
        Option<bool> restart = new("--restart") { Description = "Begin the lesson again, not where it was left" };
        Option<bool> check = new("--check") { Description = "Run lessons unattended, each question answered first wrongly, then rightly: does all of it work on this host?" };
        Option<string?> export = new("--export") { Description = "Write the lessons down: slides or html (one file), or pages (a directory of Markdown)", HelpName = "slides|html|pages" };
        export.AcceptOnlyFromAmong("slides", "html", "pages");

        Command learn = new("learn", "Learn how containers work, one kernel feature at a time") { words, list, restart, check, export };

        // Not an asynchronous action: on a signal that kind is given up before the lesson has cleaned up.
        learn.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            string[] named = parsed.GetValue(words) ?? [];
            Progress progress = new(Progress.DefaultDirectory());
            if (parsed.GetValue(list))
            {
                PrintList(output, progress);
                return ExitCode.Success;
            }

            if (parsed.GetValue(export) is { } format)
            {
                return Export(format, named, output);
            }

            using CancellationTokenSource leaving = new();
            using PosixSignalRegistration terminate = On(PosixSignal.SIGTERM, leaving.Cancel);
            using PosixSignalRegistration hangup = On(PosixSignal.SIGHUP, leaving.Cancel);
            if (parsed.GetValue(check))
            {
                using PosixSignalRegistration interrupt = On(PosixSignal.SIGINT, leaving.Cancel);
                return CheckAsync(named, output, leaving.Token).GetAwaiter().GetResult();
            }

            if (named.Length > 1)
            {
                throw new CrunException("cannot start several lessons", "one is taken at a time") { Hints = [$"crun-sharp learn {named[0]}"] };
            }

            return LearnAsync(named.FirstOrDefault(), parsed.GetValue(restart), progress, output, leaving).GetAwaiter().GetResult();
        });
        return learn;
    }

    private static PosixSignalRegistration On(PosixSignal signal, Action act) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        act();
    });

    private static void PrintList(TextWriter output, Progress progress)
    {
        Table table = new("LESSON", "TITLE", "MINUTES", "NEEDS", "DONE");
        foreach (Lesson lesson in Ladder.Lessons)
        {
            table.Add(lesson.Name, lesson.Title, $"{lesson.Minutes}", string.Join(' ', lesson.Needs), $"{progress.Sections(lesson)}/{lesson.Sections.Count}");
        }

        table.Write(output);
    }

    private static async Task<int> LearnAsync(string? name, bool restart, Progress progress, TextWriter output, CancellationTokenSource leaving)
    {
        Lesson? lesson = name is null ? Ladder.Lessons.FirstOrDefault(lesson => !progress.IsDone(lesson)) : Ladder.Get(name);
        if (lesson is null)
        {
            output.WriteLine("You have finished every lesson. crun-sharp learn LESSON takes one again; crun-sharp learn --list names them.");
            return ExitCode.Success;
        }

        int first = restart || progress.IsDone(lesson) ? 0 : progress.Sections(lesson);
        if (first > 0)
        {
            output.WriteLine($"You left '{lesson.Name}' after part {first} of {lesson.Sections.Count}. What you did is done again, then it goes on (--restart begins anew).");
        }

        // Not Console.In: it would take over the terminal, and the shells of the lesson have none.
        using StreamReader input = new(Console.OpenStandardInput());
        Screen screen = CreateScreen(output);
        LessonRunner runner = new(screen, new TypingLearner(input), HostFacts.Find());

        // Ctrl-C ends the learner's own command where one runs, and the lesson otherwise.
        using PosixSignalRegistration interrupt = On(PosixSignal.SIGINT, () =>
        {
            if (!runner.InterruptTry())
            {
                leaving.Cancel();
            }
        });
        bool finished;
        try
        {
            finished = await runner.RunAsync(lesson, first, sections => progress.Reach(lesson, sections), leaving.Token);
        }
        catch (OperationCanceledException)
        {
            output.WriteLine($"\nLeft, and cleaned up. crun-sharp learn {lesson.Name} goes on from here.");
            return ExitCode.Interrupted;
        }

        Lesson? next = Ladder.Lessons.FirstOrDefault(lesson => !progress.IsDone(lesson));
        screen.Paragraph((finished, next) switch
        {
            (false, _) => $"Left, and cleaned up. `crun-sharp learn {lesson.Name}` goes on from here.",
            (true, null) => "That was the last one: you have finished every lesson. All is cleaned up.",
            (true, { } following) => $"Finished, and cleaned up. Next: `crun-sharp learn {following.Name}` ({following.Title})",
        });
        return ExitCode.Success;
    }

    private static async Task<int> CheckAsync(string[] names, TextWriter output, CancellationToken cancellationToken)
    {
        bool good = true;
        IReadOnlySet<string> facts = HostFacts.Find();
        foreach (Lesson lesson in names.Length == 0 ? Ladder.Lessons : names.Select(Ladder.Get))
        {
            LessonRunner runner = new(new Screen(TextWriter.Null, static () => (NoTerminalWidth, null), colour: false), new Rehearsal(), facts);
            string? lacks = null;
            try
            {
                await runner.RunAsync(lesson, 0, static _ => { }, cancellationToken);
            }
            catch (CrunException failure)
            {
                lacks = string.Join("\n  ", [failure.Message, .. failure.Hints]);
            }

            bool works = lacks is null && runner.Differences.Count == 0;
            good &= works;
            output.WriteLine($"{(works ? "[works]" : "[fails]")}  {lesson.Name}");
            foreach (string line in runner.Differences.Append(lacks).OfType<string>())
            {
                output.WriteLine($"  {line}");
            }
        }

        return good ? ExitCode.Success : ExitCode.Limited;
    }

    private static int Export(string format, string[] words, TextWriter output)
    {
        if (words.Length == 0)
        {
            throw new CrunException($"cannot export {format}", "no file is named") { Hints = [$"crun-sharp learn --export {format} {(format == "pages" ? "DIR" : "FILE.html")}"] };
        }

        Lesson[] lessons = words.Length == 1 ? [.. Ladder.Lessons] : [.. words[1..].Select(Ladder.Get)];
        foreach (string written in Book.Write(format, words[0], lessons))
        {
            output.WriteLine(written);
        }

        return ExitCode.Success;
    }

    private static (int Width, int? Height) Size() => Terminal.GetSize(1) is var (columns, rows) && columns > 0 ? ((int)columns, (int)rows) : (NoTerminalWidth, null);

    private static Screen CreateScreen(TextWriter output)
    {
        bool terminal = Terminal.Is(1);
        bool plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") is null or "dumb";
        return new Screen(output, Size, terminal && !plain);
    }
}
