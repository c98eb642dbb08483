using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class PlannerOrderTests
{
    private static readonly SeccompProgram s_filter = new(new byte[16], 0);

    [Fact]
    public void Plan_Propagation_IsCutBeforeAnythingIsMounted()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Mount("tmpfs", "/tmp")).Plan();
        Assert.True(plan.IndexOf<SetPropagation>() < plan.IndexOf<BindRoot>());
        Assert.True(plan.IndexOf<BindRoot>() < plan.IndexOf<MountFilesystem>());
    }

    [Fact]
    public void Plan_BindMount_IsMadeWhileTheHostsPathsCanBeSeen()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Bind("/srv", "/srv")).Plan();
        Assert.True(plan.IndexOf<BindMount>() < plan.IndexOf<EnterRoot>());
    }

    [Fact]
    public void Plan_MaskedAndReadOnlyPaths_AreHiddenOnlyOnceTheRootIsEntered()
    {
        LaunchPlan plan = Specs.WithLinux(linux => linux with { MaskedPaths = ["/proc/kcore"], ReadonlyPaths = ["/proc/sys"] }).Plan();
        Assert.True(plan.IndexOf<EnterRoot>() < plan.IndexOf<MakePathReadOnly>());
        Assert.True(plan.IndexOf<MakePathReadOnly>() < plan.IndexOf<MaskPath>());
    }

    [Fact]
    public void Plan_Sysctl_IsWrittenBeforeProcSysBecomesReadOnly()
    {
        LaunchPlan plan = Specs.WithLinux(linux => linux with
        {
            ReadonlyPaths = ["/proc/sys"],
            Sysctl = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" },
        }).Plan();
        Assert.Equal(new WriteSysctl("net/ipv4/ip_forward", "1") { Origin = "linux.sysctl[net.ipv4.ip_forward] of config.json" }, plan.All<WriteSysctl>()[0]);
        Assert.True(plan.IndexOf<WriteSysctl>() < plan.IndexOf<MakePathReadOnly>());
    }

    [Fact]
    public void Plan_FilterWithNoNewPrivileges_ComesLast()
    {
        LaunchPlan plan = Specs.WithProcess(process => process with { NoNewPrivileges = true }).Plan(new PlanOptions { Seccomp = s_filter, AwaitStart = true });
        Assert.True(plan.IndexOf<SetNoNewPrivileges>() < plan.IndexOf<InstallSeccomp>());
        Assert.True(plan.IndexOf<AwaitStart>() < plan.IndexOf<InstallSeccomp>());
        Assert.Equal(plan.IndexOf<Execute>() - 1, plan.IndexOf<InstallSeccomp>());
    }

    [Fact]
    public void Plan_FilterWithoutNoNewPrivileges_ComesWhileTheRightToItIsThere()
    {
        LaunchPlan plan = Specs.Minimal.Plan(new PlanOptions { Seccomp = s_filter });
        Assert.True(plan.IndexOf<InstallSeccomp>() < plan.IndexOf<DropBounding>());
    }

    [Fact]
    public void Plan_Init_IsUnderTheFilterToo()
    {
        LaunchPlan plan = Specs.WithProcess(process => process with { NoNewPrivileges = true }).Plan(new PlanOptions { Seccomp = s_filter, Init = true });
        Assert.True(plan.IndexOf<InstallSeccomp>() < plan.IndexOf<StayAsInit>());
        Assert.True(plan.IndexOf<SetCapabilities>() < plan.IndexOf<StayAsInit>());
    }

    [Fact]
    public void Plan_Identity_LosesTheBoundingSetWhileItMayAndItsRightsLast()
    {
        LaunchPlan plan = Specs.WithProcess(process => process with { User = new User { Uid = 1000, Gid = 1000 } })
            .Plan(new PlanOptions { ParentDeathSignal = 9 });
        Assert.True(plan.IndexOf<DropBounding>() < plan.IndexOf<SetUser>());
        Assert.True(plan.IndexOf<SetUser>() < plan.IndexOf<SetCapabilities>());
        Assert.True(plan.IndexOf<SetCapabilities>() < plan.IndexOf<SetParentDeathSignal>());
        Assert.True(plan.IndexOf<SetCapabilities>() < plan.IndexOf<EnterDirectory>());
        Assert.True(plan.IndexOf<EnterDirectory>() < plan.IndexOf<FindProgram>());
    }

    [Fact]
    public void Plan_SupplementaryGroups_AreAlwaysReplaced()
    {
        SetUser user = Assert.Single(Specs.Minimal.Plan().All<SetUser>());
        Assert.Equal([], user.AdditionalGids);
    }

    [Fact]
    public void Plan_CgroupNamespace_IsMadeAfterTheCgroupsAreJoinedAndNotByClone()
    {
        LaunchPlan plan = Specs.Minimal.With(NamespaceType.Cgroup).Plan(new PlanOptions { CgroupJoins = 2 });
        Assert.Equal(Namespaces.None, plan.New & Namespaces.Cgroup);
        Assert.Equal([0, 1], plan.Steps.Take(2).Select(step => ((FdSlot.Cgroup)((WriteDescriptor)step).Slot).Number));
        Assert.Equal(2, plan.IndexOf<Unshare>());
    }

    [Fact]
    public void Plan_UserNamespaceToJoin_ComesFirstAndTheOthersAreMadeInIt()
    {
        LaunchPlan plan = Specs.Minimal.With(NamespaceType.User, "/proc/7/ns/user").With(NamespaceType.Network, "/run/netns/a").Plan();
        Assert.Equal(Namespaces.None, plan.New);
        Assert.Equal([Namespaces.User, Namespaces.Network], plan.All<JoinNamespace>().Select(step => step.Kinds));
        Assert.Equal(Namespaces.Mount | Namespaces.Pid | Namespaces.Ipc | Namespaces.Uts, plan.All<Unshare>()[0].Kinds);
        Assert.True(plan.IndexOf<Become>() < plan.IndexOf<Unshare>());
        Assert.True(plan.IndexOf<Unshare>() < plan.IndexOf<Fork>());
    }

    [Fact]
    public void Plan_PidNamespaceToJoin_IsEnteredByAChild()
    {
        LaunchPlan plan = Specs.Minimal.With(NamespaceType.Pid, "/proc/7/ns/pid").Plan();
        Assert.Equal(Namespaces.None, plan.New & Namespaces.Pid);
        Assert.True(plan.IndexOf<JoinNamespace>() < plan.IndexOf<Fork>());
    }

    [Fact]
    public void Plan_Hooks_RunWhereTheSpecificationSaysTheyDo()
    {
        Hook hook = new() { Path = "/bin/hook" };
        Spec spec = Specs.Minimal with
        {
            Hooks = new Hooks { Prestart = [hook], CreateContainer = [hook], StartContainer = [hook] },
        };
        LaunchPlan plan = spec.Plan(new PlanOptions { AwaitStart = true });
        IReadOnlyList<RunHook> hooks = plan.All<RunHook>();
        Assert.Equal(["hooks.createContainer[0] of config.json", "hooks.startContainer[0] of config.json"], hooks.Select(step => step.Origin));
        int[] places = [.. hooks.Select(step => plan.Steps.ToList().IndexOf(step))];
        Assert.True(plan.IndexOf<Await>() < places[0]);
        Assert.True(places[0] < plan.IndexOf<EnterRoot>());
        Assert.True(plan.IndexOf<AwaitStart>() < places[1]);
        Assert.True(places[1] < plan.IndexOf<Execute>());
    }

    [Fact]
    public void Plan_Terminal_IsMadeAfterTheSessionAndTheMounts()
    {
        Spec spec = Specs.WithMounts(Specs.Mount("devpts", "/dev/pts", "newinstance", "gid=5")) with
        {
            Process = Specs.Minimal.Process! with { Terminal = true, ConsoleSize = new ConsoleSize(24, 80) },
        };
        LaunchPlan plan = spec.Plan();
        Assert.True(plan.IndexOf<NewSession>() < plan.IndexOf<MakeConsole>());
        Assert.True(plan.IndexOf<MountFilesystem>() < plan.IndexOf<MakeConsole>());
        Assert.Equal((80u, 24u, "/dev/console"), plan.All<MakeConsole>().Select(step => (step.Columns, step.Rows, step.Path)).Single());
    }

    [Fact]
    public void Plan_Network_IsAwaitedAfterTheMountsAndBeforeTheRightsAreGone()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Mount("tmpfs", "/tmp")).Plan(new PlanOptions { AwaitNetwork = true });
        Assert.True(plan.IndexOf<EnterRoot>() < plan.IndexOf<Await>());
        Assert.True(plan.IndexOf<Await>() < plan.IndexOf<SetUser>());
    }
}
