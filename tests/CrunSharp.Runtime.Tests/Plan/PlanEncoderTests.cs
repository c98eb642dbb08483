using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class PlanEncoderTests
{
    [Fact]
    public void Encode_EveryStepOfAFullPlan_CanBeReadBack()
    {
        Spec spec = Specs.WithMounts(Specs.Mount("proc", "/proc", "nosuid"), Specs.Bind("/srv", "/data", "rbind", "ro"));
        LaunchPlan plan = spec.Plan(new PlanOptions { CgroupJoins = 2, AwaitStart = true, Seccomp = new SeccompProgram(new byte[24], 2) });
        byte[] bytes = PlanEncoder.Encode(plan).ToArray();

        PlanHeader header = MemoryMarshal.Read<PlanHeader>(bytes);
        Assert.Equal((PlanLayout.Magic, (uint)bytes.Length, (uint)plan.Steps.Count), (header.Magic, header.Size, header.StepCount));
        Assert.Equal((uint)plan.Slots.Count + 2, header.FdCount);
        Assert.Equal(0u, header.Steps % 8);

        PlanStep join = StepAt(bytes, plan, 1);
        Assert.Equal((StepKind.Write, 3u, 1u), (join.Kind, join.Fd, join.DataSize));

        PlanStep bind = StepAt(bytes, plan, plan.IndexOf<BindMount>());
        Assert.Equal(("/data", "/srv", "mounts[1] of config.json"), (TextAt(bytes, bind.Path), TextAt(bytes, bind.Source), TextAt(bytes, bind.Origin)));
        Assert.Equal(((ulong)MountAttributes.ReadOnly, (ulong)MountMode.Recursive), (bind.Flags, bind.A));
        Assert.Equal(PlanLayout.NoDescriptor, bind.Fd);

        PlanStep filter = StepAt(bytes, plan, plan.IndexOf<InstallSeccomp>());
        Assert.Equal((24u, 2ul, 0u), (filter.DataSize, filter.Flags, filter.Data % 8));
    }

    [Fact]
    public void Encode_Lists_CountTheirEndsAndKeepEmptyEntries()
    {
        LaunchPlan plan = Specs.WithProcess(process => process with { Args = ["sh", "", "é"], Env = [] }).Plan();
        byte[] bytes = PlanEncoder.Encode(plan).ToArray();
        PlanStep execute = StepAt(bytes, plan, plan.IndexOf<Execute>());
        Assert.Equal("sh\0\0é\0", Encoding.UTF8.GetString(bytes, (int)execute.Data, (int)execute.DataSize));
        Assert.Equal((0u, 0ul), (execute.Source, execute.B));
    }

    [Fact]
    public void Encode_ManyAndLongTexts_Grow()
    {
        string[] env = [.. Enumerable.Range(0, 2000).Select(number => $"V{number}={new string('x', 100)}")];
        LaunchPlan plan = Specs.WithProcess(process => process with { Env = env }).Plan();
        byte[] bytes = PlanEncoder.Encode(plan).ToArray();
        PlanStep execute = StepAt(bytes, plan, plan.IndexOf<Execute>());
        Assert.Equal(env, Encoding.UTF8.GetString(bytes, (int)execute.Source, (int)execute.B).TrimEnd('\0').Split('\0'));
    }

    [Fact]
    public void Cve2021_43784_PathBeyond64KiB_StaysWhole()
    {
        string path = $"/{new string('n', 70_000)}";
        LaunchPlan plan = Specs.WithMounts(Specs.Bind(path, "/data")).Plan();
        byte[] bytes = PlanEncoder.Encode(plan).ToArray();
        Assert.Equal(path, TextAt(bytes, StepAt(bytes, plan, plan.IndexOf<BindMount>()).Source));
    }

    [Theory]
    [InlineData("sh\0-c")]
    [InlineData("\0")]
    public void Encode_TextWithNul_WouldSplitAListAndIsRefused(string argument) => Assert.Throws<CrunException>(
        () => PlanEncoder.Encode(Specs.WithProcess(process => process with { Args = [argument] }).Plan()));

    [Fact]
    public void Encode_MoreThanTheStageTakes_IsRefused()
    {
        LaunchPlan plan = Specs.WithProcess(process => process with { Args = [new string('x', 17 << 20)] }).Plan();
        Assert.Throws<CrunException>(() => PlanEncoder.Encode(plan));
    }

    [Fact]
    public void Encode_EveryKindOfStep_HasACase()
    {
        FdSlot slot = new FdSlot.HookState();
        Step[] steps =
        [
            new Await(slot, true), new WriteDescriptor(slot, "0"), new JoinNamespace(slot, Namespaces.Pid), new Unshare(Namespaces.Uts), new Become(0, 0),
            new Fork(), new NewSession(), new RedirectStdio(slot, 1), new SetHostname("h"), new SetDomainname("d"), new LoopbackUp(),
            new SetPropagation(Propagation.Private), new BindRoot("/r"), new OverlayRoot(["/l"], null, "/m", true, true),
            new MountFilesystem("/p", "proc", "", MountAttributes.None, Propagation.None, MountMode.None),
            new BindMount("/p", "/s", MountAttributes.None, MountAttributes.None, Propagation.None, MountMode.None) { IdMap = slot },
            new MakeDirectory("/d", 1), new MakeDevice("/d", 1, 2, 3, 4, 5, true), new MakeSymlink("/l", "t", true), new WriteFile("/f", new byte[1], 1),
            new MakeConsole(slot, 1, 2, "/c", 3), new EnterRoot(EnterMode.Move), new SetRootPropagation(Propagation.Slave), new MakeRootReadOnly(),
            new MaskPath("/m"), new MakePathReadOnly("/r"), new WriteSysctl("a/b", "1"), new RunHook("/h", ["h"], [], slot, 1), new SetRlimit(1, 2, 3),
            new SetOomScore(-5, true), new JoinSessionKeyring("k"), new SetUmask(1), new SetParentDeathSignal(9, slot), new SetNoNewPrivileges(),
            new InstallSeccomp(new byte[8], 1, slot), new DropBounding(1), new SetUser(1, 2, [3]), new SetCapabilities(1, 2, 3, 4), new EnterDirectory("/"),
            new FindProgram("sh", "/bin"), new AwaitStart(slot), new StayAsInit(), new Execute(["a"], ["b=c"], 0), new SetPersonality(8),
            new SetScheduler(new byte[48]), new SetIoPriority(1), new SetCpuAffinity([1]), new SetMemoryPolicy(2, [1]), new SetTimeOffsets(""), new SetLabel("exec", "l"),
            new SetStdioOwner(1), new SendRoot(), new End(), new FuseRoot("/m", slot),
        ];
        LaunchPlan plan = new() { New = Namespaces.None, Steps = steps, Slots = [slot] };
        byte[] bytes = PlanEncoder.Encode(plan).ToArray();
        StepKind[] kinds = [.. Enumerable.Range(0, steps.Length).Select(index => StepAt(bytes, plan, index).Kind)];
        Assert.Equal(kinds.Length, kinds.Distinct().Count());
        Assert.DoesNotContain(StepKind.None, kinds);
        Assert.Equal([StepKind.None, StepKind.KindCount], Enum.GetValues<StepKind>().Except(kinds).Order());
    }

    private static PlanStep StepAt(byte[] bytes, LaunchPlan plan, int index)
    {
        Assert.InRange(index, 0, plan.Steps.Count - 1);
        int start = (int)MemoryMarshal.Read<PlanHeader>(bytes).Steps;
        return MemoryMarshal.Read<PlanStep>(bytes.AsSpan(start + (index * Unsafe.SizeOf<PlanStep>())));
    }

    private static string TextAt(byte[] bytes, uint offset)
    {
        ReadOnlySpan<byte> rest = bytes.AsSpan((int)offset);
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
    }
}
