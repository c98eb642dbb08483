using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.OciVerbs;

/// <summary>The runtime's command line, as runc's callers know it.</summary>
public static class OciApp
{
    /// <summary>Runs one verb; the answer is the exit code.</summary>
    /// <param name="program">How the user called it: <c>runc</c>, <c>crun-sharp-oci</c>, <c>crun-sharp oci</c>.</param>
    public static int Run(string[] args, string program)
    {
        OciVerb? verb = KnownVerbs.Find(VerbOf(args));
        if (verb is null && args is ["--version"] or ["-v"])
        {
            Output.Write(VersionText(program));
            return 0;
        }

        // The name of a command has no spaces; where people call it 'crun-sharp oci', help says so by the usage line only.
        Command root = new(program.Replace(' ', '-'), "Runs containers as the Open Container Initiative describes them");
        GlobalOptions globals = new();
        globals.AddTo(root);

        // Only the verb that was asked for: the others cost time and say nothing.
        // The option for help is among them: it looks up its own description in a table of languages.
        bool help = verb is null || args.AsSpan().ContainsAny("--help", "-h", "-?");
        foreach (OciVerb known in verb is null ? KnownVerbs.All : [verb])
        {
            Command command = new(known.Name, known.Description);
            known.Describe(command);
            root.Subcommands.Add(command);
            if (help)
            {
                command.Options.Add(new HelpOption());
            }
        }

        if (help)
        {
            root.Options.Add(new HelpOption());
        }

        ParseResult parsed = root.Parse(verb is null ? args : OwnWords.Separate(args, verb, root), new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (verb is null || parsed.Action is HelpAction)
        {
            return Help(parsed, verb, args, program);
        }

        OciLog log = globals.Log(parsed, program);
        if (parsed.Errors.Count > 0)
        {
            log.Error(parsed.Errors[0].Message, [$"{program} {verb.Name} --help shows what it takes"]);
            return verb.FailureCode;
        }

        return Run(parsed, verb, globals, log);
    }

    internal static string VersionText(string program) =>
        $"{program} version {Version}\nspec: {Spec.CurrentVersion}\nlibseccomp: {SeccompCompiler.Version}\n";

    internal static string Version =>
        typeof(OciApp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static int Run(ParseResult parsed, OciVerb verb, GlobalOptions globals, OciLog log)
    {
        try
        {
            return verb.Run(parsed, new OciContext(globals.Runtime(parsed, log), log));
        }
        catch (CrunException failure)
        {
            log.Error(failure.Message, failure.Hints);
        }
        catch (Exception failure) when (failure is LinuxException or IOException or UnauthorizedAccessException)
        {
            log.Error(failure.Message, []);
        }

        return verb.FailureCode;
    }

    private static int Help(ParseResult parsed, OciVerb? verb, string[] args, string program)
    {
        bool asked = args.Length == 0 || parsed.Action is HelpAction;
        if (asked)
        {
            _ = parsed.Invoke();
            return 0;
        }

        string word = verb?.Name ?? VerbOf(args) ?? "";
        Output.Write(2, word.Length > 0 ? $"{program}: there is no command '{word}'\n" : $"{program}: {(parsed.Errors.Count > 0 ? parsed.Errors[0].Message : "no command")}\n");
        return 1;
    }

    // The first word that is neither an option nor an option's value.
    private static string? VerbOf(string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string word = args[i];
            if (!word.StartsWith('-'))
            {
                return word;
            }

            if (word is "--root" or "--log" or "--log-file" or "--log-format" or "--log-level" or "--cgroup-manager" or "--criu" or "--rootless")
            {
                i++;
            }
        }

        return null;
    }
}
