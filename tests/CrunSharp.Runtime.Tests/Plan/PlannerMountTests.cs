using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class PlannerMountTests
{
    private static readonly HostFacts s_rootless = new()
    {
        InitialUserNamespace = false,
        UidMap = [new(0, 1000, 1), new(1, 100000, 65536)],
        GidMap = [new(0, 1000, 1)],
        CanSetGroups = false,
    };

    private static readonly HostFacts s_legacy = new()
    {
        Cgroups = CgroupLayout.Legacy,
        Hierarchies =
        [
            new("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct"), new("memory", "/sys/fs/cgroup/memory"),
            new("name=systemd", "/sys/fs/cgroup/systemd"), new("", "/sys/fs/cgroup/unified"),
        ],
    };

    [Theory]
    [InlineData("nosuid,noexec,nodev,ro", MountAttributes.NoSuid | MountAttributes.NoExec | MountAttributes.NoDev | MountAttributes.ReadOnly, "")]
    [InlineData("ro,rw,suid,nosuid,suid", MountAttributes.None, "")]
    [InlineData("nosuid,strictatime,mode=755,size=65536k", MountAttributes.NoSuid | MountAttributes.StrictAccessTime, "mode=755,size=65536k")]
    [InlineData("noatime,relatime", MountAttributes.None, "")]
    [InlineData("strictatime,noatime", MountAttributes.NoAccessTime, "")]
    [InlineData("noatime,nostrictatime", MountAttributes.NoAccessTime, "")]
    [InlineData("noatime,atime", MountAttributes.None, "")]
    [InlineData("nodiratime,nosymfollow,defaults,huge=always", MountAttributes.NoDirectoryAccessTime | MountAttributes.NoSymlinkFollow, "huge=always")]
    public void Filesystem_Options_AreSortedByWhomTheyConcern(string options, MountAttributes attributes, string data)
    {
        MountFilesystem mount = Assert.Single(Specs.WithMounts(Specs.Mount("tmpfs", "/tmp", options.Split(','))).Plan().All<MountFilesystem>());
        Assert.Equal((attributes, data), (mount.Attributes, mount.Options));
    }

    [Theory]
    [InlineData("shm", "shm")]
    [InlineData("tmpfs", null)]
    [InlineData(null, null)]
    public void Filesystem_Source_IsWhatMountinfoShowsUnlessItIsTheType(string? source, string? shown)
    {
        Mount mount = Specs.Mount("tmpfs", "/dev/shm") with { Source = source };
        Assert.Equal(shown, Assert.Single(Specs.WithMounts(mount).Plan().All<MountFilesystem>()).Source);
    }

    [Fact]
    public void FuseRoot_Device_IsOpenedByWhoeverSharesTheUserNamespace()
    {
        RootSource root = new RootSource.Fuse("/m", static _ => { });
        Assert.NotNull(Assert.Single(Planner.Plan(Specs.Minimal, root, HostFacts.Root, PlanOptions.Default).All<FuseRoot>()).Device);
        Assert.Null(Assert.Single(Planner.Plan(Specs.Minimal.WithUsers(), root, HostFacts.Root, PlanOptions.Default).All<FuseRoot>()).Device);
    }

    [Fact]
    public void Bind_Attributes_AreForItsTopOrForAllOfIt()
    {
        BindMount top = PlanBind("rbind", "ro", "suid", "rslave");
        Assert.Equal((MountAttributes.ReadOnly, MountAttributes.NoSuid), (top.Set, top.Clear));
        Assert.Equal((MountMode.Recursive, Propagation.Slave | Propagation.Recursive), (top.Mode, top.Propagation));

        BindMount all = PlanBind("rbind", "rro", "nosuid");
        Assert.Equal(MountAttributes.ReadOnly | MountAttributes.NoSuid, all.Set);
        Assert.Equal(MountMode.Recursive | MountMode.AttributesRecursive, all.Mode);
    }

    [Fact]
    public void Bind_AccessTime_IsClearedAsAWhole()
    {
        BindMount bind = PlanBind("bind", "noatime");
        Assert.Equal((MountAttributes.NoAccessTime, MountAttributes.AccessTime), (bind.Set, bind.Clear));
    }

    [Fact]
    public void Bind_RelativeSource_IsBeneathTheBundle()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Bind("data", "/data", "bind")).Plan(new PlanOptions { Bundle = "/b" });
        Assert.Equal("/b/data", plan.All<BindMount>()[0].Source);
    }

    [Theory]
    [InlineData("copy-symlink")]
    [InlineData("idmap=uids=0-1-2")]
    public void Option_ThatCannotBeDone_IsAnErrorAndNotForgotten(string option)
    {
        CrunException refusal = Assert.Throws<CrunException>(() => PlanBind("bind", option));
        Assert.StartsWith("cannot mount mounts[0] of config.json: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Destination_IsANameInsideTheRoot()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Mount("tmpfs", "a//b/../../../c/")).Plan();
        Assert.Equal("/c", plan.All<MountFilesystem>()[0].Path);
        Assert.Throws<CrunException>(() => Specs.WithMounts(Specs.Mount("tmpfs", "/..")).Plan());
    }

    [Theory]
    [InlineData("tmpfs", "/proc")]
    [InlineData("tmpfs", "/proc/sys")]
    [InlineData("bind", "/proc")]
    [InlineData("bind", "/proc/self/attr")]
    [InlineData("bind", "/a/../proc//1")]
    public void Cve2019_19921_MountInTheWayOfProc_IsRefused(string type, string destination) =>
        Assert.Throws<CrunException>(() => Specs.WithMounts(new Mount { Type = type, Source = "/evil", Destination = destination }).Plan());

    [Fact]
    public void Proc_ItsOwnKindsAndWhatLxcfsReplaces_AreAllowed()
    {
        Mount proc = Specs.Mount("proc", "/proc"), bound = Specs.Bind("/proc", "/proc", "rbind"), cpus = Specs.Bind("/lxcfs/cpuinfo", "/proc/cpuinfo", "bind");
        Assert.Equal(3, Specs.WithMounts(proc, bound, cpus).Plan().Steps.Count(step => step is BindMount or MountFilesystem));
    }

    [Fact]
    public void Proc_IsMountedWhereNoLinkLeads() =>
        Assert.Equal(MountMode.NoFollow, Specs.WithMounts(Specs.Mount("proc", "/proc")).Plan().All<MountFilesystem>()[0].Mode);

    [Fact]
    public void Tmpfs_ReadOnly_IsSoOnceItHasTakenInWhatGoesIntoIt()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Mount("tmpfs", "/a", "ro"), Specs.Bind("/srv", "/a/b", "bind"), Specs.Mount("tmpfs", "/c", "ro")).Plan();
        Assert.Equal([MountAttributes.None, MountAttributes.ReadOnly], plan.All<MountFilesystem>().Select(mount => mount.Attributes));
        Assert.Equal("/a", Assert.Single(plan.All<MakePathReadOnly>()).Path);
        Assert.True(plan.IndexOf<EnterRoot>() < plan.IndexOf<MakePathReadOnly>());
    }

    [Fact]
    public void IdMappedMount_IsMadeWhereTheRightsToItAre()
    {
        Mount mount = Specs.Bind("/srv", "/data", "rbind") with { UidMappings = [new(0, 1000, 1)], GidMappings = [new(0, 1000, 1)] };
        BindMount inStage = Assert.Single(Specs.WithMounts(mount).Plan().All<BindMount>());
        Assert.Equal((true, true), (inStage.IdMap is FdSlot.IdMap, inStage.Mode.HasFlag(MountMode.IdMap)));

        BindMount byLauncher = Assert.Single(Specs.WithMounts(mount).WithUsers().Plan().All<BindMount>());
        Assert.Null(byLauncher.IdMap);
        Assert.Equal(("/srv", true), byLauncher.Tree is FdSlot.MountTree tree ? (tree.Source, tree.Recursive) : default);
    }

    [Fact]
    public void IdMappedMount_WithoutBothMaps_IsRefused()
    {
        Mount half = Specs.Bind("/srv", "/data", "rbind") with { UidMappings = [new(0, 1000, 1)] };
        Assert.Throws<CrunException>(() => Specs.WithMounts(half).Plan());
        Assert.Throws<CrunException>(() => PlanBind("bind", "idmap"));
        Assert.Throws<CrunException>(() => Specs.WithMounts(Specs.Mount("tmpfs", "/t", "idmap")).Plan());
    }

    [Fact]
    public void MountLabel_IsGivenToFilesystemsThatTakeOne()
    {
        Spec spec = Specs.WithMounts(Specs.Mount("proc", "/proc"), Specs.Mount("tmpfs", "/t", "size=1k"), Specs.Mount("devpts", "/dev/pts"));
        Spec labelled = spec with { Linux = spec.Linux with { MountLabel = "system_u:object_r:container_file_t:s0:c1,c2" } };
        Assert.Equal(
            ["", "size=1k,context=\"system_u:object_r:container_file_t:s0:c1,c2\"", "context=\"system_u:object_r:container_file_t:s0:c1,c2\""],
            labelled.Plan().All<MountFilesystem>().Select(mount => mount.Options));
        Assert.Throws<CrunException>(() => (spec with { Linux = spec.Linux with { MountLabel = "a\",suid" } }).Plan());
    }

    [Fact]
    public void Cgroup2_WithItsOwnNamespace_IsMounted()
    {
        Spec spec = Specs.WithMounts(Specs.Mount("cgroup", "/sys/fs/cgroup", "ro")).With(NamespaceType.Cgroup);
        MountFilesystem mount = Assert.Single(spec.Plan().All<MountFilesystem>());
        Assert.Equal(("cgroup2", MountAttributes.ReadOnly), (mount.Type, mount.Attributes));
    }

    [Fact]
    public void Cve2023_25809_CgroupsOfEverybodyInAUserNamespace_AreReadOnly()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Mount("cgroup", "/sys/fs/cgroup", "rw")).Plan(facts: s_rootless);
        BindMount bind = Assert.Single(plan.All<BindMount>());
        Assert.Equal(MountAttributes.ReadOnly, bind.Set & MountAttributes.ReadOnly);
        Assert.True(bind.Mode.HasFlag(MountMode.Recursive | MountMode.AttributesRecursive));
    }

    [Fact]
    public void LegacyCgroups_ShowTheContainersOwnDirectories()
    {
        PlanOptions options = new() { CgroupDirectories = ["/sys/fs/cgroup/memory/c", "/sys/fs/cgroup/cpu,cpuacct/c"] };
        LaunchPlan plan = Specs.WithMounts(Specs.Mount("cgroup", "/sys/fs/cgroup", "ro")).Plan(options, s_legacy);
        Assert.Equal("tmpfs", Assert.Single(plan.All<MountFilesystem>()).Type);
        Assert.Equal(
            [
                ("/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/c"), ("/sys/fs/cgroup/memory", "/sys/fs/cgroup/memory/c"),
                ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup/systemd"), ("/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified"),
            ],
            plan.All<BindMount>().Select(bind => (bind.Path, bind.Source)));
        Assert.Equal(["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpuacct"], plan.All<MakeSymlink>().Take(2).Select(link => link.Path));
        Assert.Equal("/sys/fs/cgroup", plan.All<MakePathReadOnly>()[0].Path);
    }

    [Fact]
    public void LegacyCgroups_WithoutADirectoryOfItsOwn_CannotBeChanged()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Mount("cgroup", "/sys/fs/cgroup")).Plan(facts: s_legacy);
        Assert.All(plan.All<BindMount>(), bind => Assert.Equal(MountAttributes.ReadOnly, bind.Set));
    }

    [Fact]
    public void UserNamespace_CgroupsOfItsOwn_AreShownInsteadOfEverybodys()
    {
        Spec spec = Specs.WithMounts(Specs.Mount("cgroup", "/sys/fs/cgroup", "ro")).WithUsers();
        PlanOptions unified = new() { CgroupDirectories = ["/sys/fs/cgroup/c"] };
        Assert.Equal("/sys/fs/cgroup/c", Assert.Single(spec.Plan(unified).All<BindMount>()).Source);

        PlanOptions legacy = new() { CgroupDirectories = ["/sys/fs/cgroup/memory/c"] };
        Assert.Contains(spec.Plan(legacy, s_legacy).All<BindMount>(), bind => bind.Source == "/sys/fs/cgroup/memory/c");
    }

    [Fact]
    public void UserNamespace_FilesystemsOfTheHostsNamespaces_AreBoundInstead()
    {
        Spec spec = Specs.WithMounts(Specs.Mount("proc", "/proc"), Specs.Mount("sysfs", "/sys", "ro"), Specs.Mount("mqueue", "/dev/mqueue"))
            .Without(NamespaceType.Pid).Without(NamespaceType.Network).Without(NamespaceType.Ipc);
        Assert.Equal(["/proc", "/sys", "/dev/mqueue"], spec.Plan(facts: s_rootless).All<BindMount>().Select(bind => bind.Source));
        Assert.Empty(spec.Plan().All<BindMount>());
    }

    [Fact]
    public void UserNamespace_UnmappedGroup_IsNotAskedFor()
    {
        Spec spec = Specs.WithMounts(Specs.Mount("devpts", "/dev/pts", "newinstance", "gid=5", "mode=0620"));
        Assert.Equal("newinstance,mode=0620", spec.Plan(facts: s_rootless).All<MountFilesystem>()[0].Options);
        Assert.Equal("newinstance,gid=5,mode=0620", spec.WithUsers().Plan().All<MountFilesystem>()[0].Options);
    }

    [Fact]
    public void UserNamespace_Devices_AreBoundFromTheHost()
    {
        Assert.All(Specs.Minimal.Plan(facts: s_rootless).All<MakeDevice>(), device => Assert.True(device.BindHost));
        Assert.All(Specs.Minimal.Plan().All<MakeDevice>(), device => Assert.False(device.BindHost));
    }

    [Fact]
    public void Devices_InSomebodysOwnDev_AreNotMade()
    {
        LaunchPlan plan = Specs.WithMounts(Specs.Bind("/srv/dev", "/dev", "rbind")).Plan();
        Assert.Empty(plan.All<MakeDevice>());
        Assert.Empty(plan.All<MakeSymlink>());
    }

    [Fact]
    public void Devices_OfTheSpecification_TakeThePlaceOfTheUsualOnes()
    {
        Device full = new() { Path = "/dev/null", Type = 'c', Major = 1, Minor = 7, FileMode = 0b110_000_000, Uid = 3, Gid = 4 };
        Device ptmx = new() { Path = "/dev/ptmx", Type = 'c', Major = 5, Minor = 2 };
        IReadOnlyList<MakeDevice> devices = Specs.WithLinux(linux => linux with { Devices = [full, ptmx] }).Plan().All<MakeDevice>();
        MakeDevice made = Assert.Single(devices, device => device.Path == "/dev/null");
        Assert.Equal((0x2180u, 1u, 7u, 3u, 4u), (made.Mode, made.Major, made.Minor, made.Uid, made.Gid));
        Assert.DoesNotContain(devices, device => device.Path == "/dev/ptmx");
    }

    private static BindMount PlanBind(params string[] options) =>
        Assert.Single(Specs.WithMounts(Specs.Bind("/srv", "/data", options)).Plan().All<BindMount>());
}
