using System.Text;
using CrunSharp.Bundles;
using CrunSharp.Linux;
using CrunSharp.Observe;
using CrunSharp.Runtime;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.ObserveTests;

public sealed class SocketFilterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("mkdir", null, 13)]
    [InlineData("rmdir", null, null)]
    [InlineData("personality", 8UL, 1)]
    [InlineData("personality", 9UL, null)]
    public void Run_OfACompiledProfile_AnswersAsTheProfileSays(string name, ulong? argument, int? errno)
    {
        SocketFilter filter = Compile("""
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
              {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
              {"names": ["personality"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}]}
            """);
        Assert.Equal(errno, filter.Run(Call(name, argument ?? 0)).Errno);
    }

    [Fact]
    public void Run_OfDockersProfile_LetsMountThroughWithItsCapabilityOnly()
    {
        const ulong SysAdmin = 1UL << 21;
        Assert.Equal(Errno.EPERM, Compile(Default(0)).Run(Call("mount", 0)).Errno);
        Assert.True(Compile(Default(SysAdmin)).Run(Call("mount", 0)).Lets);
    }

    [Fact]
    public void Run_OfAFilterThatKills_SaysSo()
    {
        SocketFilter filter = Compile("""{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["reboot"], "action": "SCMP_ACT_KILL_PROCESS"}]}""");
        Assert.True(filter.Run(Call("reboot", 0)).Kills);
    }

    private static string Default(ulong capabilities) => Encoding.UTF8.GetString(SeccompProfile.Default.Render(capabilities, Oci.Platform.Host.Architecture, new Version(6, 1)).Span);

    private static SystemCall Call(string name, ulong argument) =>
        new(SeccompCompiler.NativeArchitecture, 0, SeccompCompiler.Resolve(name)!.Value, argument, 0, 0, 0, 0, 0);

    private SocketFilter Compile(string profile) =>
        new(new ContainerRuntime(new RuntimeOptions { StateRoot = _directory["state"] }).CompileSeccomp(Encoding.UTF8.GetBytes(profile)));
}
