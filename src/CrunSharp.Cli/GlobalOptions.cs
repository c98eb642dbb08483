using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;

namespace CrunSharp.Cli;

/// <summary>Options that stand before the verb or after it.</summary>
internal sealed class GlobalOptions
{
    public Option<string?> Root { get; } = new("--root")
    {
        Description = "Directory that holds images and containers",
        HelpName = "DIR",
        Recursive = true,
    };

    public Option<string?> RunRoot { get; } = new("--runroot")
    {
        Description = "Directory for what a reboot may forget",
        HelpName = "DIR",
        Recursive = true,
    };

    public Option<bool> Version { get; } = new("--version", "-v") { Description = "Show the version" };

    /// <summary>The engine of this user, or the one whose directories were named.</summary>
    public ContainerEngine OpenEngine(ParseResult parsed)
    {
        UserNamespace.Ensure();
        return new ContainerEngine(StoragePaths.Resolve(parsed.GetValue(Root), parsed.GetValue(RunRoot)), Failure.Warn);
    }

    /// <summary>The directories that were named, as words to stand before a verb.</summary>
    public IReadOnlyList<string> Given(ParseResult parsed)
    {
        List<string> words = [];
        foreach (Option<string?> option in (ReadOnlySpan<Option<string?>>)[Root, RunRoot])
        {
            if (parsed.GetValue(option) is { } value)
            {
                words.AddRange([option.Name, value]);
            }
        }

        return words;
    }
}
