using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class PlanTextTests
{
    [Fact]
    public void Text_OfAPlan_SaysWhatIsDoneAndWhereItWasAskedFor()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Bind("/srv", "/data", "rbind", "ro", "rprivate")).Plan();
        IReadOnlyList<string> text = PlanText.Describe(plan);
        Assert.Equal("  0  clone a process with new namespaces: mount, uts, ipc, pid, network", text[0]);
        Assert.Equal(plan.Steps.Count + 1, text.Count);
        Assert.Matches(@"^ +\d+  bind /srv to /data, with all that is mounted in it \(ro, rprivate\) +\[mounts\[0\] of config.json\]$", text[plan.IndexOf<BindMount>() + 1]);
        Assert.EndsWith("execute /bin/true", text[^1].Split("  [")[0].TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_OfEveryStep_IsASentenceAndNotItsType()
    {
        LaunchPlan plan = Specs.WithProcess(process => process with { Terminal = true, NoNewPrivileges = true, Args = ["sh", "-c", "it's"] })
            .WithUsers().With(NamespaceType.Cgroup).With(NamespaceType.Time)
            .Plan(new PlanOptions { CgroupJoins = 1, Init = true, AwaitStart = true, AwaitNetwork = true, ParentDeathSignal = 9, Seccomp = new SeccompProgram(new byte[16], 0) });
        Assert.All(plan.Steps, step => Assert.NotEqual(step.GetType().Name, PlanText.Sentence(step)));
        Assert.Equal(@"execute sh -c 'it'\''s'", PlanText.Sentence(plan.Steps[^1]));
    }
}
