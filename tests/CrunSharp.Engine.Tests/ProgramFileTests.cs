using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class ProgramFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(2, 1, 62, "amd64")]
    [InlineData(2, 1, 183, "arm64")]
    [InlineData(1, 1, 40, "arm")]
    [InlineData(2, 1, 21, "ppc64le")]
    [InlineData(2, 2, 22, "s390x")]
    [InlineData(2, 1, 243, "riscv64")]
    public void Architecture_OfAnElfFile_IsInItsHeader(byte bits, byte order, byte machine, string name) =>
        Assert.Equal(name, ProgramFile.Architecture(Elf(bits, order, machine)));

    [Fact]
    public void Architecture_OfWhatIsNoElfFile_IsNone()
    {
        Assert.Null(ProgramFile.Architecture("#!/bin/sh\n and more than twenty bytes"u8));
        Assert.Null(ProgramFile.Architecture("\u007fELF"u8));
    }

    [Fact]
    public void Explain_AScriptWhoseInterpreterIsForeign_NamesTheInterpreter()
    {
        File.WriteAllBytes(_directory["sh"], Elf(2, 1, (byte)(Platform.Host.Architecture == "arm64" ? 62 : 183)));
        File.WriteAllText(_directory["script"], "#! /sh -e\necho\n");
        (string program, string why, bool isForeign) = Explain("/script")!.Value;
        Assert.Equal("/sh", program);
        Assert.True(isForeign);
        Assert.Contains(Platform.Host.Architecture, why, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_AProgramOfThisHost_HasNothingToSay()
    {
        File.WriteAllBytes(_directory["true"], Elf(2, 1, (byte)(Platform.Host.Architecture == "arm64" ? 183 : 62)));
        Assert.Null(Explain("true"));
    }

    [Fact]
    public void Explain_AScriptThatNamesItself_Ends()
    {
        File.WriteAllText(_directory["loop"], "#!/loop\n");
        Assert.Null(Explain("/loop"));
    }

    private (string Program, string Why, bool IsForeign)? Explain(string program) => ProgramFile.Explain(
        path => File.Exists(_directory.Path + path) ? File.OpenHandle(_directory.Path + path) : null,
        new Process { Args = [program], Env = ["PATH=/none:/"] });

    private static byte[] Elf(byte bits, byte order, byte machine)
    {
        byte[] header = new byte[64];
        "\u007fELF"u8.CopyTo(header);
        header[4] = bits;
        header[5] = order;
        header[order == 1 ? 18 : 19] = machine;
        return header;
    }
}
