using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using CrunSharp.Cli.Commands;
using CrunSharp.Cli.Output;
using CrunSharp.Cli.Parsing;
using CrunSharp.Images;
using CrunSharp.Oci;

namespace CrunSharp.Cli;

/// <summary>Finds the verb, makes its command and no other, and turns failures into messages and exit codes.</summary>
internal static class CommandLine
{
    private const string Purpose = "Runs containers: images from registries, isolated by the kernel, without a daemon";

    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            return await DispatchAsync(arguments);
        }
        catch (CrunException failure)
        {
            Failure.Print(failure);
            return failure.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception failure) when (failure is CrunSharp.Linux.LinuxException or IOException or UnauthorizedAccessException)
        {
            Failure.Print(StoreFailure.Explain("cannot go on", failure));
            return ExitCode.Ours;
        }
#pragma warning disable CA1031 // The last floor: whatever comes here, a user gets a message and a code, not a core dump.
        catch (Exception failure)
        {
            Failure.Print(new CrunException("cannot go on", $"{failure.GetType().Name}: {failure.Message}")
            {
                Hints = ["this is a fault of crun-sharp itself: please report it with the command that led here"],
            });
            return ExitCode.Ours;
        }
#pragma warning restore CA1031
    }

    /// <summary>A root with every command: for help, completion, and for what is no verb.</summary>
    public static RootCommand CreateFullRoot(GlobalOptions globals)
    {
        RootCommand root = new(Purpose);
        root.Options.Clear();
        Furnish(root, globals);
        foreach (Verb verb in Verb.All)
        {
            root.Add(verb.Create(globals));
        }

        return root;
    }

    private static async Task<int> DispatchAsync(string[] arguments)
    {
        if (arguments is [OciCommand.Name, ..])
        {
            return OciCommand.Run(arguments[1..]);
        }

        GlobalOptions globals = new();
        if (arguments is [['[', ..], ..])
        {
            return Invoke(CreateFullRoot(globals), arguments);
        }

        Command root = Furnish(new Command("crun-sharp", Purpose), globals);
        List<string> tokens = Tokens.Normalize(root, [], arguments, stopAtFirst: true);
        int words = tokens.IndexOf("--");
        if (words < 0)
        {
            // '--version', '--help', or nothing at all.
            return Invoke(CreateFullRoot(globals), tokens.Count == 0 ? ["--help"] : [.. tokens]);
        }

        List<string> before = tokens[..words];
        string name = tokens[words + 1];
        string[] rest = [.. tokens.Skip(words + 2)];
        if (name == OciCommand.Name)
        {
            return OciCommand.Run(rest);
        }

        Verb verb = Verb.Find(name) ?? throw Unknown(name);
        if (before.Contains("--help"))
        {
            rest = ["--help"];
            before.Remove("--help");
        }

        Command command = verb.Create(globals);
        root.Add(command);
        List<string> path = [name];

        // A command of commands: its next word says which.
        if (command.Subcommands.FirstOrDefault(part => rest is [{ } word, ..] && word == part.Name) is { } part)
        {
            path.Add(part.Name);
            (command, rest) = (part, rest[1..]);
        }

        List<string> own = Tokens.Normalize(command, root.Options.Where(static option => option.Recursive), rest, verb.StopsAtFirstWord);
        return await InvokeAsync(root, [.. before, .. path, .. own]);
    }

    private static T Furnish<T>(T root, GlobalOptions globals)
        where T : Command
    {
        root.Add(globals.Version);
        root.Add(globals.Root);
        root.Add(globals.RunRoot);

        // -h means --hostname to run, as docker has it; everywhere the long form helps. The library's own option is not used,
        // as it looks its description up in resources, which takes 0.8 ms of each start.
        root.Add(new Option<bool>("--help") { Description = "Show help and usage information", Recursive = true, Action = new HelpAction() });
        root.SetAction(parsed =>
        {
            if (parsed.GetValue(globals.Version))
            {
                parsed.InvocationConfiguration.Output.WriteLine(ProgramVersion.Line);
            }

            return ExitCode.Success;
        });
        return root;
    }

    private static int Invoke(Command root, string[] tokens) => Check(Parse(root, tokens)).Invoke(Configuration());

    private static async Task<int> InvokeAsync(Command root, string[] tokens)
    {
        ParseResult parsed = Check(Parse(root, tokens));
        return parsed.Action is System.CommandLine.Invocation.SynchronousCommandLineAction
            ? parsed.Invoke(Configuration())
            : await parsed.InvokeAsync(Configuration());
    }

    private static ParseResult Parse(Command root, string[] tokens) =>
        CommandLineParser.Parse(root, tokens, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });

    private static InvocationConfiguration Configuration() => new() { EnableDefaultExceptionHandler = false };

    private static ParseResult Check(ParseResult parsed)
    {
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            string message = parsed.Errors[0].Message.TrimEnd('.');
            throw Tokens.Usage(parsed.CommandResult.Command, $"{char.ToLowerInvariant(message[0])}{message[1..]}");
        }

        return parsed;
    }

    private static CrunException Unknown(string name)
    {
        string? near = Verb.All.Select(static verb => verb.Name).FirstOrDefault(verb => Distance(verb, name) <= 2);
        return new CrunException($"cannot run '{name}'", "there is no such command")
        {
            Hints = [near is null ? "crun-sharp --help" : $"crun-sharp {near}"],
        };
    }

    /// <summary>How many letters must be changed, added or dropped to get from one word to the other.</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
