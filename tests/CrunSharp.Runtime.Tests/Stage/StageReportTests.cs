using System.Runtime.InteropServices;
using System.Text;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class StageReportTests
{
    [Fact]
    public void StageReport_Size_IsThatOfTheCompiler()
    {
        string? header = PlanLayoutTests.FindHeader();
        Assert.SkipWhen(header is null, "native/include/plan.h is not beside this test: run it in a clone");
        Dictionary<string, long> told = PlanLayoutTests.CompileAndRun(
            $"#include <stdio.h>\n#include <stddef.h>\n#include \"{header}\"\n" +
            "int main(void) { printf(\"size %zu\\ntext %zu\\ntime %zu\\n\", sizeof(struct report_message), offsetof(struct report_message, text), " +
            "offsetof(struct report_message, time)); return 0; }\n");
        Assert.Equal(new Dictionary<string, long> { ["size"] = StageReport.Size, ["text"] = StageReport.HeaderSize, ["time"] = 16 }, told);
    }

    [Fact]
    public void ToException_OfAFailedStep_NamesItsPlaceInTheSpec()
    {
        LaunchPlan plan = new() { New = Namespaces.None, Slots = [], Steps = [new EnterRoot(EnterMode.Pivot) { Origin = "mounts[3] of config.json" }] };
        CrunException failure = Report(ReportKind.Failed, 0, 13, ReportDetail.None, "open '/x'").ToException("cannot run container 'c'", plan);
        Assert.Equal("cannot run container 'c': mounts[3] of config.json: open '/x': permission denied", failure.Message);
        Assert.Equal(125, failure.ExitCode);
    }

    [Theory]
    [InlineData(ReportDetail.NotFound, 127)]
    [InlineData(ReportDetail.NotExecutable, 126)]
    public void ToException_OfAProgramThatCannotRun_IsTheStagesSentenceAlone(object detail, int code)
    {
        CrunException failure = Report(ReportKind.Failed, 0, 2, (ReportDetail)detail, "exec: \"x\": executable file not found in $PATH").ToException("cannot run", null);
        Assert.Equal("cannot run: exec: \"x\": executable file not found in $PATH", failure.Message);
        Assert.Equal(code, failure.ExitCode);
    }

    [Fact]
    public void ToException_OfAStepBeyondThePlan_StillTellsWhatFailed() =>
        Assert.Equal(
            "cannot run: execute the stage: exec format error",
            Report(ReportKind.Failed, uint.MaxValue, 8, ReportDetail.None, "execute the stage").ToException("cannot run", null).Message);

    private static StageReport Report(ReportKind kind, uint step, int error, ReportDetail detail, string text)
    {
        byte[] message = new byte[StageReport.Size];
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(message.AsSpan(0, 16));
        (words[0], words[1], words[2], words[3]) = ((uint)kind, step, (uint)error, (uint)detail);
        Encoding.UTF8.GetBytes(text, message.AsSpan(StageReport.HeaderSize));
        return StageReport.Parse(message, null);
    }
}
