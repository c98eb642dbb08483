using System.Globalization;
using System.Text;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>A launch as a shell script that explains itself, and that yields the same container.</summary>
public static class ShellScript
{
    /// <param name="detail">0: what, why and without it; 1: the kernel's calls too; 2: where to read more, and the step as it is encoded.</param>
    public static string Write(LaunchFacts facts, int detail)
    {
        Script script = new(facts);
        Narrator narrator = new(script, detail);
        Preparation.Write(script);
        UserNamespaces.Write(script);
        Preparation.WriteCgroups(script);

        int first = facts.Plan.UidMap.Count > 0 ? 2 : 1;
        IReadOnlyList<Step> steps = facts.Plan.Steps;
        narrator.Clone();
        ReportPid(script);

        // By hand the root is entered only when nothing of the host's is needed any more: with what stands in the chain.
        foreach (bool isChained in (ReadOnlySpan<bool>)[false, true])
        {
            for (int i = 0; i < steps.Count; i++)
            {
                if (Explainers.For(steps[i]).PlaceIn(script) == script.Last == isChained)
                {
                    narrator.Tell(steps[i], first + i);
                }
            }
        }

        Preparation.WriteChain(script);
        Preparation.WritePrograms(script);
        return Assemble(script);
    }

    // The helper that connects the network has to know the process by its number outside.
    private static void ReportPid(Script script)
    {
        if (script.Facts.NetworkHelper is not null)
        {
            script.Inside.Line("read -r pid rest < /proc/self/stat # still the host's proc: the number that others know this process by");
            script.Inside.Line("echo \"$pid\" > \"$work/pid\"");
        }
    }

    private static string Assemble(Script script)
    {
        StringBuilder text = new();
        Part head = new("head");
        head.Line("#!/bin/sh");
        head.Comment("", $"A container by hand: what is done here is what this command does, in the same order:");
        head.Comment("   ", script.Facts.Command);
        head.Comment("", "Run it as the same user: paste it into a shell, or save it and run: sh FILE");
        head.Comment("", "It uses programs of Debian only: util-linux, coreutils, hostname, iproute2, gzip"
            + $"{(script.Facts.User is { OneId: false } ? ", uidmap" : "")}{(script.Facts.NetworkHelper is { } helper ? $", {Path.GetFileName(helper)}" : "")}, and gcc with libc6-dev for what none of them can do.");
        foreach (string missing in script.Missing.Distinct())
        {
            head.Comment("   not done by this script:", missing);
        }

        text.Append(head).Append("(\n").Append(script.Outside);
        foreach (Part part in script.InsideParts)
        {
            Part file = new("file");
            file.Blank();
            file.Comment("----", "inside the new namespaces: written down here, carried out when the container is started, at the end");
            string rest = part == script.Inside ? script.Last.ToString() : "";
            file.File($"\"$work/{part.Name}\"", $". \"$work/functions\"\n{part}{rest}", $"END_OF_{part.Name.ToUpperInvariant()}");
            text.Append(file);
        }

        Part start = new("start");
        start.Blank();
        start.Comment("----", "start");
        text.Append(start).Append(script.Start).Append(StartCommand(script)).Append(")\n");
        return text.ToString();
    }

    private static string StartCommand(Script script)
    {
        LaunchFacts facts = script.Facts;
        List<string> words = [];
        Namespaces made = facts.Plan.New & ~Namespaces.User;
        if (facts.Plan.New.HasFlag(Namespaces.User))
        {
            words.Add(UserNamespaces.Enter("container", facts));
        }

        words.AddRange(script.Starters.Where(static starter => starter.StartsWith("nsenter", StringComparison.Ordinal)));
        if (made != Namespaces.None)
        {
            string flags = string.Join(' ', Script.NamesOf(made).Select(static name => $"--{name}"));
            words.Add($"unshare {flags}{(made.HasFlag(Namespaces.Mount) ? " --propagation unchanged" : "")}{(made.HasFlag(Namespaces.Pid) ? " --fork" : "")}");
        }

        words.AddRange(script.Starters.Where(static starter => !starter.StartsWith("nsenter", StringComparison.Ordinal)));
        words.Add("sh -eu \"$work/inside\"");
        string command = string.Join(" \\\n  ", words);
        if (!facts.Terminal)
        {
            return $"{command}\n";
        }

        Part part = new("terminal");
        part.File("\"$work/start\"", $"exec {command}", "END_OF_START");
        part.Line("export container=${container:-}");
        part.Line("script --quiet --return --flush --command 'sh -eu \"$work/start\"' /dev/null");
        return part.ToString();
    }
}

/// <summary>Writes what is to be known of each step, and then its commands; what was said once is not said again.</summary>
internal sealed class Narrator(Script script, int detail)
{
    private readonly HashSet<string> _said = [];

    public void Clone()
    {
        LaunchPlan plan = script.Facts.Plan;
        Part part = script.Start;
        part.Comment("0.", PlanText.Describe(plan)[0].AsSpan(5).ToString());
        foreach ((Namespaces kind, string name, string why, string without) in NamespaceKinds.Purposes)
        {
            if (plan.New.HasFlag(kind))
            {
                part.Comment("   ", $"{name}: {why}.");
                part.Comment("   without it:", $"{without}.");
            }
        }

        if (detail > 0)
        {
            part.Comment("   calls:", "clone3(2)");
        }

        if (plan.UidMap.Count > 0)
        {
            part.Comment("1.", "the ids of the container's user namespace are mapped: see above, at 'container'.");
        }
    }

    public void Tell(Step step, int number)
    {
        Explainer explainer = Explainers.For(step);
        Explanation explanation = explainer.Explain(step);
        Part part = explainer.PlaceIn(script);
        string origin = step.Origin.Length == 0 ? "" : $"  [{step.Origin}]";
        part.Blank();
        part.Comment($"{number.ToString(CultureInfo.InvariantCulture)}.", Shorten(PlanText.Sentence(step)) + origin);
        if (_said.Add(explanation.Why))
        {
            part.Comment("   why:", $"{explanation.Why}.");
            part.Comment("   without it:", $"{explanation.Without}.");
        }

        if (detail > 0 && explanation.Calls.Length > 0)
        {
            part.Comment("   calls:", explanation.Calls);
        }

        if (detail > 1)
        {
            part.Comment("   see:", explanation.See);
            part.Comment("   step:", Shorten(step.ToString()));
        }

        explainer.Write(step, script);
    }

    private string Shorten(string text) => text.Replace(script.Facts.Directory, "$work", StringComparison.Ordinal);
}
