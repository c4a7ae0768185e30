/** Keeps a fault in one region from taking the others with it. */
import { Button, EmptyState } from "@rapport/ui";
import { TriangleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";
import { t } from "@/i18n";

interface Props {
  children: ReactNode;
  /** A change of this value is a new start. */
  resetKey?: string;
}

export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate(previous: Props) {
    if (this.state.failed && previous.resetKey !== this.props.resetKey) {
      this.setState({ failed: false });
    }
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <EmptyState
        icon={<TriangleAlert />}
        title={t("error.region")}
        action={
          <>
            <Button onClick={() => this.setState({ failed: false })}>{t("common.retry")}</Button>
            <Button onClick={() => window.location.reload()}>{t("version.reload")}</Button>
          </>
        }
      >
        {t("error.region_hint")}
      </EmptyState>
    );
  }
}
