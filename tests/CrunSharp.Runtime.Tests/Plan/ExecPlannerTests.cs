using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class ExecPlannerTests
{
    private static readonly Process s_process = new() { Args = ["id"], Env = ["A=1", "PATH=/a", "A=2", "PATH=/b"] };

    [Fact]
    public void Exec_JoinsTheLimitsFirstThenAllNamespacesAtOnceThenForks()
    {
        LaunchPlan plan = Plan(Specs.Minimal, s_process, new PlanOptions { CgroupJoins = 1 });
        Assert.Equal(Namespaces.None, plan.New);
        Assert.IsType<WriteDescriptor>(plan.Steps[0]);
        JoinNamespace join = Assert.IsType<JoinNamespace>(plan.Steps[1]);
        Assert.Equal(Namespaces.Mount | Namespaces.Pid | Namespaces.Ipc | Namespaces.Uts | Namespaces.Network, join.Kinds);
        Assert.IsType<FdSlot.Container>(join.Slot);
        Assert.IsType<Fork>(plan.Steps[2]);
        Assert.Empty(plan.All<EnterRoot>());
    }

    [Fact]
    public void Exec_IntoAUserNamespace_BecomesItsRootBeforeTheUser()
    {
        LaunchPlan plan = Plan(Specs.Minimal.WithUsers(), s_process with { User = new User { Uid = 7 } });
        Assert.True(plan.IndexOf<JoinNamespace>() < plan.IndexOf<Become>());
        Assert.True(plan.IndexOf<Become>() < plan.IndexOf<SetUser>());
    }

    [Fact]
    public void Exec_Terminal_IsMadeInTheContainerAndBoundNowhere()
    {
        LaunchPlan plan = Plan(Specs.Minimal, s_process with { Terminal = true });
        Assert.True(plan.IndexOf<Fork>() < plan.IndexOf<NewSession>());
        Assert.True(plan.IndexOf<NewSession>() < plan.IndexOf<MakeConsole>());
        Assert.Null(Assert.Single(plan.All<MakeConsole>()).Path);
    }

    [Fact]
    public void Environment_OfANameTwice_IsThatOfTheLast()
    {
        LaunchPlan plan = Plan(Specs.Minimal, s_process);
        Assert.Equal(["A=2", "PATH=/b"], Assert.Single(plan.All<Execute>()).Env);
        Assert.Equal("/b", Assert.Single(plan.All<FindProgram>()).SearchPath);
    }

    [Fact]
    public void Affinity_IsSetBeforeTheContainerIsJoinedAndAfter()
    {
        Process process = s_process with { ExecCpuAffinity = Specs.Utf8("""{"initial":"0","final":"0-1,64"}""") };
        LaunchPlan plan = Plan(Specs.Minimal, process);
        IReadOnlyList<SetCpuAffinity> steps = plan.All<SetCpuAffinity>();
        Assert.Equal([1ul], steps[0].Mask);
        Assert.Equal([3ul, 1ul], steps[1].Mask);
        Assert.Equal(steps[0], plan.Steps[0]);
    }

    [Fact]
    public void Scheduler_AndPriority_AreThoseOfTheKernel()
    {
        Process process = s_process with
        {
            Scheduler = Specs.Utf8("""{"policy":"SCHED_FIFO","priority":9,"flags":["SCHED_FLAG_RESET_ON_FORK"]}"""),
            IoPriority = Specs.Utf8("""{"class":"IOPRIO_CLASS_BE","priority":4}"""),
        };
        LaunchPlan plan = Plan(Specs.Minimal, process);
        byte[] attributes = Assert.Single(plan.All<SetScheduler>()).Attributes.ToArray();
        Assert.Equal((48, 1, 1, 9), (attributes[0], attributes[4], attributes[8], attributes[20]));
        Assert.Equal((2u << 13) | 4, Assert.Single(plan.All<SetIoPriority>()).Priority);
        Assert.True(plan.IndexOf<SetScheduler>() < plan.IndexOf<SetUser>());
    }

    [Fact]
    public void MemoryPolicy_IsTheContainersForWhateverRunsInIt()
    {
        Spec spec = Specs.WithLinux(linux => linux with
        {
            MemoryPolicy = Specs.Utf8("""{"mode":"MPOL_BIND","nodes":"0,2","flags":["MPOL_F_STATIC_NODES"]}"""),
        });
        SetMemoryPolicy policy = Assert.Single(Plan(spec, s_process).All<SetMemoryPolicy>());
        Assert.Equal(2u | (1u << 15), policy.Mode);
        Assert.Equal([5ul], policy.Nodes);
    }

    private static LaunchPlan Plan(Spec container, Process process, PlanOptions? options = null) =>
        ExecPlanner.Plan(container, process, HostFacts.Root, options ?? PlanOptions.Default);
}
