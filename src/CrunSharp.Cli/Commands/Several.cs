using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary>Commands that take several names: each is tried, each done is printed, and one failure fails the whole.</summary>
internal static class Several
{
    public static Argument<string[]> Containers(GlobalOptions globals, bool running = false)
    {
        Argument<string[]> containers = new("CONTAINER")
        {
            Description = "Names, ids, or the first characters of ids",
            Arity = ArgumentArity.OneOrMore,
        };
        containers.CompletionSources.Add(context => Candidates.Containers(globals, context, running));
        return containers;
    }

    public static int Do(ParseResult parsed, Argument<string[]> names, Action<string> action)
    {
        int result = ExitCode.Success;
        foreach (string name in parsed.GetRequiredValue(names))
        {
            try
            {
                action(name);
                parsed.InvocationConfiguration.Output.WriteLine(name);
            }
            catch (CrunException failure)
            {
                Failure.Print(failure);
                result = failure.ExitCode;
            }
        }

        return result;
    }
}
