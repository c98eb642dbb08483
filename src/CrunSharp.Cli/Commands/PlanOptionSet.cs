using System.CommandLine;
using CrunSharp.Bundles;
using CrunSharp.Engine;
using CrunSharp.Explain;
using CrunSharp.Networks;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Cli.Commands;

/// <summary>The options of <c>run</c> that lay a launch open or take it apart.</summary>
internal sealed class PlanOptionSet
{
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Print the steps of the launch and launch nothing" };
    private readonly Option<bool> _explain = new("--explain")
    {
        Description = "Print each step with its reason and the shell commands that do the same, as a script; launch nothing",
    };

    private readonly Option<int> _detail = new("--detail")
    {
        Description = "With --explain or --dry-run: 1 adds the kernel's calls, 2 where to read more; -v and -vv where no volume follows",
        HelpName = "0-2",
    };

    private readonly Option<string[]> _only = Layers("--only", "Leave out all isolation but these parts, as ns=pid,mnt,seccomp");
    private readonly Option<string[]> _without = Layers("--without", "Leave out these parts of the isolation, as seccomp,caps or ns=net");

    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[_dryRun, _explain, _detail, _only, _without])
        {
            command.Add(option);
        }
    }

    public Isolation ReadIsolation(ParseResult parsed) =>
        Isolation.Read(parsed.GetValue(_only) ?? [], parsed.GetValue(_without) ?? [], rootful: !UserNamespace.IsRootless);

    /// <summary>The network that was asked for; the host's where its namespace is left out.</summary>
    /// <exception cref="CrunException">Another one was asked for in so many words.</exception>
    public NetworkMode Network(ParseResult parsed, Option<string> network)
    {
        NetworkMode asked = NetworkMode.Parse(parsed.GetRequiredValue(network));
        Isolation isolation = ReadIsolation(parsed);
        if (!isolation.Without.HasFlag(IsolationLayers.NetworkNamespace) || asked.Kind == NetworkKind.Host)
        {
            return asked;
        }

        return parsed.GetResult(network) is { Implicit: true } or null
            ? NetworkMode.Parse("host")
            : throw new CrunException($"cannot use --network {parsed.GetValue(network)} without ns=net", "the container then has its host's network");
    }

    /// <summary>What is to be printed instead of a launch; null: launch.</summary>
    public string? Text(ParseResult parsed, ContainerEngine engine, RunRequest request)
    {
        bool explain = parsed.GetValue(_explain);
        if (!explain && !parsed.GetValue(_dryRun))
        {
            return null;
        }

        if (request.Trace is not null)
        {
            throw new CrunException($"cannot use --trace with {(explain ? "--explain" : "--dry-run")}", "nothing is launched that could be timed");
        }

        int detail = parsed.GetValue(_detail);
        if (detail is < 0 or > 2)
        {
            throw new CrunException($"cannot use --detail {detail}", "it is 0, 1 or 2");
        }

        LaunchFacts facts = engine.Plan(request, $"crun-sharp {string.Join(' ', Environment.GetCommandLineArgs().Skip(1))}");
        return explain ? ShellScript.Write(facts, detail) : PlanListing.Write(facts, detail);
    }

    private static Option<string[]> Layers(string name, string description)
    {
        Option<string[]> option = new(name) { Description = description, HelpName = "PARTS" };
        option.CompletionSources.Add(_ => Isolation.Words.Select(static word => new System.CommandLine.Completions.CompletionItem(word)));
        return option;
    }
}
