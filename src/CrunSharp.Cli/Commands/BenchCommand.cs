using System.CommandLine;
using CrunSharp.Bench;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>bench</c>: the same image as a process, as containers and as virtual machines, measured side by side.</summary>
internal static class BenchCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Command bench = new("bench", "Measure the same image as a process, as containers and as virtual machines");
        foreach (BenchPart part in BenchPart.All)
        {
            bench.Add(CreatePart(globals, part));
        }

        bench.Add(CreateReport());
        return bench;
    }

    private static Command CreatePart(GlobalOptions globals, BenchPart part)
    {
        BenchOptionSet options = new();
        Argument<string> image = new("IMAGE") { Description = "Name or id of an image in the store" };
        image.CompletionSources.Add(context => Candidates.Images(globals, context));
        Command command = new(part.Name, part.What);
        options.AddTo(command);
        command.Add(image);
        Argument<string[]> words = new("CMD")
        {
            Description = "Program and arguments that the image has; without it a probe of ours, which writes a line and ends",
            Arity = ArgumentArity.ZeroOrMore,
        };
        if (part.TakesProgram)
        {
            command.Add(words);
        }

        // Not an asynchronous action: on a signal that kind is given up before the bench has cleared up.
        command.SetAction(parsed =>
        {
            string[] program = part.TakesProgram ? parsed.GetValue(words) ?? [] : [];
            BenchRequest request = options.Read(parsed, parsed.GetRequiredValue(image), program, $"crun-sharp {string.Join(' ', Environment.GetCommandLineArgs().Skip(1))}");
            using Interruption interruption = new();
            try
            {
                BenchResult result = Measure(globals, parsed, options, part, request, interruption.Token);
                Show(result, options, parsed);
                return ExitCode.Success;
            }
            catch (Exception failure) when (interruption.Token.IsCancellationRequested && failure is OperationCanceledException or CrunException)
            {
                // A contestant that the same signal ended is no failure of its own.
                return interruption.ExitCode;
            }
        });
        return command;
    }

    private static BenchResult Measure(GlobalOptions globals, ParseResult parsed, BenchOptionSet options, BenchPart part, BenchRequest request, CancellationToken cancellationToken)
    {
        using ContainerEngine engine = globals.OpenEngine(parsed);
        using BenchView view = new(options.IsQuiet(parsed));
        using BenchSession session = BenchSession.Open(engine, request, view, cancellationToken);
        part.Measure(session, options.Conditions(parsed), cancellationToken);
        return session.Finish();
    }

    private static void Show(BenchResult result, BenchOptionSet options, ParseResult parsed)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (options.IsJson(parsed))
        {
            output.WriteLine(System.Text.Encoding.UTF8.GetString(result.ToJson()));
        }
        else
        {
            BenchText.Write(result, output);
        }

        if (options.Directory(parsed) is { } directory)
        {
            WriteFiles(result, directory, output, options.IsJson(parsed));
        }
    }

    private static Command CreateReport()
    {
        Argument<string> file = new("RESULT") { Description = "A result.json that an earlier bench wrote" };
        Argument<string> directory = new("DIR") { Description = "Where to write the report" };
        Command report = new("report", "Write the report of an earlier measurement again") { file, directory };
        report.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            try
            {
                WriteFiles(BenchResult.FromJson(File.ReadAllBytes(path)), parsed.GetRequiredValue(directory), parsed.InvocationConfiguration.Output, quiet: false);
            }
            catch (System.Text.Json.JsonException failure)
            {
                throw new CrunException($"cannot read '{path}'", failure.Message, failure);
            }

            return ExitCode.Success;
        });
        return report;
    }

    private static void WriteFiles(BenchResult result, string directory, TextWriter output, bool quiet)
    {
        IReadOnlyList<string> files = BenchFiles.Write(result, Path.GetFullPath(directory), Failure.Warn);
        if (!quiet)
        {
            output.WriteLine();
            output.WriteLine($"written to {directory}: {string.Join(", ", files)}");
        }
    }
}

/// <summary>One of the things that bench measures.</summary>
internal sealed record BenchPart(string Name, string What, bool TakesProgram, Action<BenchSession, IReadOnlyList<Condition>, CancellationToken> Measure)
{
    public static IReadOnlyList<BenchPart> All { get; } =
    [
        new("start", "Time from the start to the first byte of output, and to the exit", true, static (session, conditions, token) => session.MeasureStarts(conditions, token)),
        new("memory", "Memory that one more instance adds, all its helpers included (PSS)", false, static (session, _, token) => session.MeasureMemory(token)),
        new("density", "Instances side by side: how many, how fast", false, static (session, _, token) => session.MeasureDensity(token)),
        new("disk", "Bytes of programs, of the image as it is kept, of an instance", false, static (session, _, token) => session.MeasureDisk(token)),
        new("exec", "Time to start a further program in a running instance", false, static (session, _, token) => session.MeasureExec(token)),
        new("syscall", "What isolation costs while a program runs: system calls, arithmetic", false, static (session, _, token) => session.MeasureWork(token)),
        new("boot-anatomy", "Where the time of one start goes: monitor, kernel, first process; or each step of a launch", false, static (session, _, token) => session.MeasureAnatomy(token)),
        new("all", "All of these, one after the other", true, static (session, conditions, token) =>
        {
            session.MeasureStarts(conditions, token);
            session.MeasureExec(token);
            session.MeasureMemory(token);
            session.MeasureDensity(token);
            session.MeasureDisk(token);
            session.MeasureWork(token);
            session.MeasureAnatomy(token);
        }),
    ];
}
