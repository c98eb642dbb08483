using System.Text;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class SeccompTests
{
    private const uint Allow = 0x7fff0000;
    private const uint Eperm = 0x00050001;
    private const uint Enosys = 0x00050000 | 38;
    private const uint Read = 0;
    private const uint Socket = 41;
    private const uint Clone3 = 435;

    [Fact]
    public void Compile_OfAnAllowList_RefusesTheRest()
    {
        ReadOnlyMemory<byte> filter = Compile(Profile("SCMP_ACT_ERRNO", """{"names":["read","socket","clone3"],"action":"SCMP_ACT_ALLOW"}"""));
        Assert.Equal(Allow, BpfMachine.Run(filter, Read));
        Assert.Equal(Eperm, BpfMachine.Run(filter, 1));
    }

    [Fact]
    public void Compile_OfACallNewerThanTheProfile_AnswersThatItIsNotThere()
    {
        ReadOnlyMemory<byte> filter = Compile(Profile("SCMP_ACT_ERRNO", """{"names":["read","clone3"],"action":"SCMP_ACT_ALLOW"}"""));
        Assert.Equal(Allow, BpfMachine.Run(filter, Clone3));
        Assert.Equal(Enosys, BpfMachine.Run(filter, Clone3 + 1));
        Assert.Equal(Eperm, BpfMachine.Run(filter, Clone3 - 1));

        // x32's numbers carry a bit; they are libseccomp's to refuse.
        Assert.Equal(Eperm, BpfMachine.Run(filter, 0x40000000));
    }

    [Fact]
    public void Compile_OfADenyList_LeavesNewerCallsAlone()
    {
        ReadOnlyMemory<byte> filter = Compile(Profile("SCMP_ACT_ALLOW", """{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":97}"""));
        Assert.Equal(0x00050000u | 97, BpfMachine.Run(filter, Socket));
        Assert.Equal(Allow, BpfMachine.Run(filter, 1000));
    }

    [Fact]
    public void Compile_OfNamesThatTheLibraryLacks_UsesTheirNumbers()
    {
        ReadOnlyMemory<byte> filter = Compile(Profile("SCMP_ACT_ERRNO", """{"names":["read","mseal","statmount","no_such_call"],"action":"SCMP_ACT_ALLOW"}"""));
        Assert.Equal(Allow, BpfMachine.Run(filter, 462));
        Assert.Equal(Allow, BpfMachine.Run(filter, 457));
        Assert.Equal(Eperm, BpfMachine.Run(filter, 458));
        Assert.Equal(Enosys, BpfMachine.Run(filter, 463));
        Assert.Equal(Allow, BpfMachine.Run(filter, Read));
    }

    [Fact]
    public void Compile_OfComparisons_LooksAtTheArguments()
    {
        ReadOnlyMemory<byte> filter = Compile(Profile("SCMP_ACT_ERRNO", """
            {"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"}]},
            {"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":0,"op":"SCMP_CMP_EQ"},{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]},
            {"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}
            """));
        Assert.Equal(Allow, BpfMachine.Run(filter, Socket, arguments: [2]));
        Assert.Equal(Eperm, BpfMachine.Run(filter, Socket, arguments: [40]));
        Assert.Equal(Allow, BpfMachine.Run(filter, 135, arguments: [8]));
        Assert.Equal(Allow, BpfMachine.Run(filter, 135, arguments: [0]));
        Assert.Equal(Eperm, BpfMachine.Run(filter, 135, arguments: [9]));
        Assert.Equal(Allow, BpfMachine.Run(filter, 56, arguments: [17]));
        Assert.Equal(Eperm, BpfMachine.Run(filter, 56, arguments: [0x10000000]));
    }

    [Fact]
    public void Compile_OfTwoArchitectures_NumbersEachByItsOwnTable()
    {
        ReadOnlyMemory<byte> filter = Compile($$"""{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"syscalls":[{"names":["read","mseal"],"action":"SCMP_ACT_ALLOW"}]}""");
        Assert.Equal(Allow, BpfMachine.Run(filter, 0));
        Assert.Equal(Allow, BpfMachine.Run(filter, 3, BpfMachine.I386));
        Assert.Equal(Allow, BpfMachine.Run(filter, 462, BpfMachine.I386));
        Assert.Equal(Eperm, BpfMachine.Run(filter, 1, BpfMachine.I386));
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL", 0u)]
    [InlineData("SCMP_ACT_KILL_THREAD", 0u)]
    [InlineData("SCMP_ACT_KILL_PROCESS", 0x80000000u)]
    [InlineData("SCMP_ACT_TRAP", 0x00030000u)]
    [InlineData("SCMP_ACT_LOG", 0x7ffc0000u)]
    [InlineData("SCMP_ACT_TRACE", 0x7ff00001u)]
    [InlineData("SCMP_ACT_NOTIFY", 0x7fc00000u)]
    public void Compile_OfEachAction_AnswersIt(string action, uint answer)
    {
        SeccompProgram program = SeccompFilter.Compile(SeccompProfile.Parse(Encoding.UTF8.GetBytes(
            Profile("SCMP_ACT_ALLOW", $$"""{"names":["socket"],"action":"{{action}}"}"""))));
        Assert.Equal(answer, BpfMachine.Run(program.Filter, Socket));

        // Only an agent's listener needs the flag that makes one.
        Assert.Equal(action == "SCMP_ACT_NOTIFY" ? 8u : 0, program.Flags);
    }

    [Theory]
    [InlineData("""{"defaultAction":"SCMP_ACT_NOPE"}""", "defaultAction")]
    [InlineData("""{"syscalls":[]}""", "defaultAction")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_Z80"]}""", "SCMP_ARCH_Z80")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_NOPE"]}""", "flags")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"op":"SCMP_CMP_EQ"}]}]}""", "syscalls[0].args")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"op":"EQ"}]}]}""", "syscalls[0].args")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":3}""", "defaultAction")]
    public void Compile_OfABadProfile_NamesThePlace(string json, string place) =>
        Assert.Contains(place, Assert.Throws<CrunException>(() => Compile(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Cache_OfAProfile_GivesTheSameProgramAgainAndAnotherForAnother()
    {
        using TemporaryDirectory directory = new();
        SeccompCache cache = new(directory["cache"]);
        byte[] one = Encoding.UTF8.GetBytes(Profile("SCMP_ACT_ERRNO", """{"names":["read"],"action":"SCMP_ACT_ALLOW"}"""));
        byte[] two = Encoding.UTF8.GetBytes(Profile("SCMP_ACT_ERRNO", """{"names":["mmap"],"action":"SCMP_ACT_ALLOW"}"""));
        SeccompProgram compiled = cache.Get(one);
        SeccompProgram cached = cache.Get(one);
        Assert.Equal(compiled.Filter.ToArray(), cached.Filter.ToArray());
        Assert.NotEqual(compiled.Filter.ToArray(), cache.Get(two).Filter.ToArray());
        Assert.Equal(2, Directory.GetFiles(directory["cache"]).Length);
    }

    [Fact]
    public void Cache_OfAFileThatWasMadeFromAnotherProfile_IsNotUsed()
    {
        using TemporaryDirectory directory = new();
        SeccompCache cache = new(directory);
        byte[] strict = Encoding.UTF8.GetBytes(Profile("SCMP_ACT_ERRNO", """{"names":["read"],"action":"SCMP_ACT_ALLOW"}"""));
        byte[] open = Encoding.UTF8.GetBytes(Profile("SCMP_ACT_ALLOW", ""));
        _ = cache.Get(open);
        string of = Directory.GetFiles(directory).Single();
        _ = cache.Get(strict);
        string foreign = Directory.GetFiles(directory).Single(file => file != of);

        // As if both had the same hash.
        File.Copy(of, foreign, overwrite: true);
        Assert.Equal(Enosys, BpfMachine.Run(cache.Get(strict).Filter, Socket));
    }

    [Fact]
    public void Cache_OfACutFile_IsMadeAnew()
    {
        using TemporaryDirectory directory = new();
        SeccompCache cache = new(directory);
        byte[] profile = Encoding.UTF8.GetBytes(Profile("SCMP_ACT_ERRNO", """{"names":["read"],"action":"SCMP_ACT_ALLOW"}"""));
        SeccompProgram program = cache.Get(profile);
        string file = Directory.GetFiles(directory).Single();
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^8]);
        Assert.Equal(program.Filter.ToArray(), cache.Get(profile).Filter.ToArray());
    }

    private static ReadOnlyMemory<byte> Compile(string json) => SeccompFilter.Compile(SeccompProfile.Parse(Encoding.UTF8.GetBytes(json))).Filter;

    private static string Profile(string action, string rules) => $$"""{"defaultAction":"{{action}}","syscalls":[{{rules}}]}""";
}
